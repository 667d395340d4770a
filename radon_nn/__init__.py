"""Look inside neural networks through the Radon transform.

Conventions, everywhere: a *direction* is a unit normal a in S^(d-1), an *offset* is t, and (a, t) names the hyperplane
{x : a.x = t}, as does (-a, -t). A *sinogram* is Rf(a, t), the integral of f over that hyperplane; *filtered* by K
(symbol c_d |w|^(d-1), c_d = 1 / (2 (2 pi)^(d-1))) and differentiated twice in t it shows a ReLU network's neurons as
*spikes* of *mass* v |w| at (w/|w|, -bias/|w|). *R-TV* is the sum of |mass| over distinct hyperplanes. Angles are in
radians, lengths in the user's units.
"""

import lazy_loader

__version__ = "0.1.0"

# Every name is imported at its first use: `import radon_nn` alone loads nothing. The names stand in __init__.pyi; a
# star import leaves out the modules io, plot and skimage, which would hide the user's own.
_load, __dir__, _names = lazy_loader.attach_stub(__name__, __file__)
__all__ = [name for name in _names if name not in ("io", "plot", "skimage")]


def __getattr__(name: str) -> object:
    """A public name, at its first use; or an error that says what to write instead."""
    if name in _names:
        return _load(name)
    from radon_nn._support.guessed_names import hint

    raise AttributeError(f"radon_nn has no attribute {name!r}{hint(name, _names)}", name=name)
