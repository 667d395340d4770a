"""Imported first, for its effect: OpenMP pools that have nothing to do sleep.

numba and finufft each bring an OpenMP runtime, whose idle threads otherwise spin on the cores that the next
contestant needs: on two cores a call of finufft after one of radon_nn took 8 ms instead of 0.3. Sleeping costs both a
fraction of a millisecond a call. A value of OMP_WAIT_POLICY that is set already is kept.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
