"""The Radon transform as a module: linear operators on NumPy's side, whose transposes are their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

import radon_nn
from radon_nn._support.types import Array
from radon_nn.operators import filters


class _Operator(NamedTuple):
    """A linear operator on arrays and its exact transpose."""

    apply: Callable[[Array], Array]
    transpose: Callable[[Array], Array]
    name: str


class _Linear(torch.autograd.Function):
    """An operator in autograd: its derivative is its transpose, whose derivative is the operator."""

    generate_vmap_rule = False

    @staticmethod
    def forward(values: Any, operator: _Operator) -> Any:
        """Apply the operator; tensors on the CPU share their memory with NumPy."""
        array = values.detach().cpu().resolve_neg().numpy()
        return torch.from_numpy(np.ascontiguousarray(operator.apply(array))).to(values.device)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep the operator: a linear map needs no values for its derivative."""
        ctx.operator = inputs[1]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """The transpose, as an operator that is differentiable itself."""
        apply, transpose, name = ctx.operator
        return _Linear.apply(grad, _Operator(transpose, apply, name)), None

    @staticmethod
    def jvp(ctx: Any, tangent: Any, _: Any) -> Any:
        """The operator itself."""
        return _Linear.apply(tangent, ctx.operator)

    @staticmethod
    def vmap(info: Any, in_dims: Any, values: Any, operator: _Operator) -> Any:
        """The axis that is mapped over is a batch axis like any other."""
        return _Linear.apply(values.movedim(in_dims[0], 0), operator), 0


class RadonTransform(torch.nn.Module):
    """
    A `radon_nn.RadonTransform` in autograd, to derivatives of any order.

    Every method is linear, and its derivative is its exact transpose. Leading axes are batch. Tensors on the CPU are
    handed over without a copy; those of other devices are moved there and back. It has no parameters to train.
    Jacobians: torch.func.jacrev and jacfwd; torch.autograd.functional.jacobian without vectorize=True.
    Values must be finite, and so must the gradients that come back: others raise ValueError in backward.

    Parameters
    ----------
    transform : radon_nn.RadonTransform
        The grid, the directions, the offsets and the order.
    num_threads : int, optional
        Threads to use, at most; if not given, see `radon_nn.operators`.

    Raises
    ------
    TypeError
        If `transform` is no RadonTransform.

    See Also
    --------
    radon_nn.RadonTransform : The transform of NumPy's arrays.

    Examples
    --------
    >>> from radon_nn import Directions, Grid
    >>> R = RadonTransform(radon_nn.RadonTransform(Grid.cube(16), Directions.half_circle(8)))
    >>> image = torch.ones(16, 16, dtype=torch.float64, requires_grad=True)
    >>> R(image).square().sum().backward()
    >>> image.grad.shape
    torch.Size([16, 16])
    """

    def __init__(self, transform: radon_nn.RadonTransform, *, num_threads: int | None = None) -> None:
        super().__init__()
        if not isinstance(transform, radon_nn.RadonTransform):
            raise TypeError(
                f"transform: expected a radon_nn.RadonTransform(grid, directions), got {type(transform).__name__}"
            )
        self.transform = transform
        self.num_threads = num_threads

    def extra_repr(self) -> str:
        """The transform, for `repr`."""
        return repr(self.transform)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """
        Rf for samples of f.

        Parameters
        ----------
        samples : Tensor, shape (..., *grid.shape)
            Samples, float32 or float64.

        Returns
        -------
        Tensor, shape (..., m, n)
            Sinograms, of the samples' dtype and device.

        Raises
        ------
        TypeError
            If they are complex, or of another dtype.
        ValueError
            If they are not finite or not of the grid's shape.
        """
        return self._applied(self._forward, self._adjoint, "forward", samples)

    def adjoint(self, sinogram: torch.Tensor) -> torch.Tensor:
        """
        Apply the exact transpose of `forward`.

        Parameters
        ----------
        sinogram : Tensor, shape (..., m, n)
            Sinograms.

        Returns
        -------
        Tensor, shape (..., *grid.shape)
            The result.

        Raises
        ------
        TypeError
            As for `forward`.
        ValueError
            As for `forward`.
        """
        return self._applied(self._adjoint, self._forward, "adjoint", sinogram)

    def filtered(self, sinogram: torch.Tensor, *, window: str = "ramp", derivative: int = 0) -> torch.Tensor:
        """
        Apply d_t^derivative K along the offsets; with derivative 2, Rf of a network becomes its spikes.

        Parameters
        ----------
        sinogram : Tensor, shape (..., m, n)
            Sinograms.
        window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
            Apodisation.
        derivative : int
            Order of the further derivative.

        Returns
        -------
        Tensor, shape (..., m, n)
            The filtered sinograms.

        Raises
        ------
        TypeError
            As for `forward`.
        ValueError
            If the window is unknown, or as for `forward`.
        """

        def filtering(array: Array) -> Array:
            """Filter."""
            return self.transform.filter(array, window=window, derivative=derivative, num_threads=self.num_threads)

        def transpose(array: Array) -> Array:
            """Filter by the kernel turned over, which is even for even derivatives and odd for odd ones."""
            return filtering(array) if derivative % 2 == 0 else -filtering(array)

        return self._applied(filtering, transpose, "filtered", sinogram)

    def invert(self, sinogram: torch.Tensor, *, window: str = "ramp") -> torch.Tensor:
        """
        Filtered backprojection by the transpose of `forward`: samples of f from Rf.

        The transpose, with the weights of the directions, takes the place of the sharper backprojection of
        `radon_nn.RadonTransform.invert`, whose transpose is not at hand. On 128 x 128 samples and 200 angles the root
        mean square error is 0.5 % for a Gaussian of width 0.16 (there 0.02 %), and the same for a disc, 5.6 %.

        Parameters
        ----------
        sinogram : Tensor, shape (..., m, n)
            Sinograms of functions that vanish outside the grid.
        window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
            Apodisation.

        Returns
        -------
        Tensor, shape (..., *grid.shape)
            Samples of f.

        Raises
        ------
        TypeError
            As for `forward`.
        ValueError
            As for `filtered`.
        """
        whole, (before, after) = self.transform._extended
        chosen, step = self.transform._filter(window), self.transform.offsets.step
        weights = self.transform.directions.weights * (step / math.prod(self.transform.grid.spacing))

        def weighted(array: Array) -> Array:
            """Times the quadrature weights."""
            return np.asarray(weights[:, None] * array, array.dtype)

        def inverse(array: Array) -> Array:
            """Filter, and backproject."""
            tails = filters.apply(array, step, chosen, pad=(before, after), num_threads=self.num_threads)
            return whole.adjoint(weighted(tails), num_threads=self.num_threads)

        def transpose(array: Array) -> Array:
            """Transform, and filter."""
            sinograms = weighted(whole.forward(array, num_threads=self.num_threads))
            filtered = filters.apply(sinograms, step, chosen, num_threads=self.num_threads)
            return filtered[..., before : filtered.shape[-1] - after]

        return self._applied(inverse, transpose, "invert", sinogram)

    def _forward(self, array: Array) -> Array:
        return self.transform.forward(array, num_threads=self.num_threads)

    def _adjoint(self, array: Array) -> Array:
        return self.transform.adjoint(array, num_threads=self.num_threads)

    def _applied(
        self, apply: Callable[[Array], Array], transpose: Callable[[Array], Array], name: str, values: Any
    ) -> torch.Tensor:
        if not isinstance(values, torch.Tensor):
            raise TypeError(f"{name}: expected a tensor, got {type(values).__name__}; use torch.as_tensor")
        if values.layout != torch.strided:
            raise TypeError(f"{name}: expected a dense tensor, got one of layout {values.layout}; use .to_dense()")
        if values.is_meta:
            raise TypeError(f"{name}: expected a tensor with data, got one on device meta; give it data with .to_empty")
        if values.is_complex():
            raise TypeError(
                f"{name}: expected real numbers, got a tensor of {values.dtype}; the transform is linear, so transform "
                "the real and the imaginary part"
            )
        if values.dtype not in (torch.float32, torch.float64):
            raise TypeError(f"{name}: expected float32 or float64, got {values.dtype}; convert it with .float()")
        shape = self.transform.grid.shape if name == "forward" else self.transform.sinogram_shape
        if tuple(values.shape[max(0, values.ndim - len(shape)) :]) != shape:
            raise ValueError(f"{name}: expected shape (..., {', '.join(map(str, shape))}), got {tuple(values.shape)}")
        result: torch.Tensor = _Linear.apply(values, _Operator(apply, transpose, name))
        return result
