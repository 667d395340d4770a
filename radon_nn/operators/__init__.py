"""
The Radon transform of samples on a grid, its adjoint, filters and inverse.

Threads are counted per call. Without `num_threads`, a call uses at most as many as the environment variable
RADON_NN_NUM_THREADS says, else as many as there are processors for this process; never more than its work is worth.
The result is the same to the bit for every number of threads.
"""
