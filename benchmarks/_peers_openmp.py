"""Imported first, for its effect: OpenMP pools that have nothing to do sleep.

finufft brings an OpenMP runtime, whose idle threads otherwise spin on the cores that the next contestant needs.
Sleeping costs it a fraction of a millisecond a call. A value of OMP_WAIT_POLICY that is set already is kept.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
