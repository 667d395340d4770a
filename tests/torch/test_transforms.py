"""The Radon transform inside autograd."""

import pickle
from typing import Any

import numpy as np
import pytest

import radon_nn
from radon_nn import Directions, Grid

torch = pytest.importorskip("torch")

from radon_nn.torch import RadonTransform  # noqa: E402

SMALL = {
    "line": radon_nn.RadonTransform(Grid((5,), 0.2), Directions([[1.0]])),
    "plane": radon_nn.RadonTransform(Grid.cube(4), Directions.half_circle(3), order=3),
    "space": radon_nn.RadonTransform(Grid((3, 3, 3), 0.5), Directions.product(2, 3)),
}
METHODS = {
    "forward": lambda R, x: R(x),
    "adjoint": lambda R, y: R.adjoint(y),
    "filtered": lambda R, y: R.filtered(y),
    "first derivative": lambda R, y: R.filtered(y, derivative=1, window="hann"),
    "spikes": lambda R, y: R.filtered(y, derivative=2),
    "invert": lambda R, y: R.invert(y),
}


def tensors(R: Any, method: str, batch: tuple[int, ...] = ()) -> Any:
    torch.manual_seed(0)
    shape = R.transform.grid.shape if method == "forward" else R.transform.sinogram_shape
    return torch.randn(*batch, *shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # by torch's forward mode
@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize("space", list(SMALL))
def test_gradients_of_first_and_second_order(space: str, method: str) -> None:
    R = RadonTransform(SMALL[space], num_threads=1)
    values = tensors(R, method, (2,))

    def squared(x: Any) -> Any:
        return METHODS[method](R, x) ** 2

    # The full Jacobian of the operator itself, and random directions of what is quadratic in it.
    assert torch.autograd.gradcheck(lambda x: METHODS[method](R, x), (values,), check_forward_ad=space == "line")
    assert torch.autograd.gradgradcheck(squared, (values,), fast_mode=True)


@pytest.mark.parametrize(
    ("dtype", "order"),
    # Kernels are compiled for each dtype and order; those of the first case are the other tests' too.
    [(torch.float64, 3), *(pytest.param(dtype, 1, marks=pytest.mark.slow) for dtype in (torch.float32, torch.float64))],
)
@pytest.mark.parametrize("method", ["forward", "adjoint", "filtered"])
def test_values_are_those_of_numpy(method: str, dtype: Any, order: int) -> None:
    R = RadonTransform(radon_nn.RadonTransform(Grid.cube(16), Directions.half_circle(12), order=order))
    values = tensors(R, method, (2, 3)).detach().to(dtype)
    name = {"filtered": "filter"}.get(method, method)
    expected = getattr(R.transform, name)(values.numpy())
    result = METHODS[method](R, values)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result.numpy(), expected)


def test_single_precision_stays_single() -> None:
    R = RadonTransform(SMALL["plane"])
    assert R.filtered(tensors(R, "filtered").detach().float()).dtype == torch.float32


@pytest.mark.slow
def test_inverse_of_the_forward_transform() -> None:
    R = RadonTransform(radon_nn.RadonTransform(Grid.cube(64), Directions.half_circle(100), order=3))
    points = np.stack(np.meshgrid(*R.transform.grid.axes, indexing="ij"), axis=-1)
    image = torch.tensor(np.exp(-20 * ((points - [0.1, 0.2]) ** 2).sum(axis=-1)))
    error = (R.invert(R(image)) - image).square().mean().sqrt() / image.square().mean().sqrt()
    assert error < 0.01  # 0.0043, and the docstring's 0.005 at twice the resolution


def test_derivatives_are_right_under_vmap() -> None:
    R = RadonTransform(SMALL["plane"])
    values = tensors(R, "forward", (3,)).detach()
    torch.testing.assert_close(torch.func.vmap(R, in_dims=0)(values), R(values))
    torch.testing.assert_close(torch.func.vmap(R, in_dims=2)(values.movedim(0, 2)), R(values))


def test_tensors_on_the_cpu_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    R = RadonTransform(SMALL["plane"])
    values, seen = tensors(R, "forward").detach(), []
    transform = type(R.transform)
    plain = transform.forward

    def spy(self: Any, samples: Any, /, **options: Any) -> Any:
        seen.append(samples.ctypes.data)
        return plain(self, samples, **options)

    monkeypatch.setattr(transform, "forward", spy)
    R(values)
    assert seen == [values.data_ptr()]


def test_reconstruction_by_descent() -> None:
    R = RadonTransform(SMALL["plane"])
    truth = tensors(R, "forward").detach()
    guess = torch.zeros_like(truth, requires_grad=True)
    optimizer = torch.optim.LBFGS([guess], max_iter=60, tolerance_grad=1e-12, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (R(guess) - R(truth)).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert closure() < 1e-8


def test_it_is_a_module() -> None:
    R = RadonTransform(SMALL["plane"])
    assert not list(R.parameters())
    again = pickle.loads(pickle.dumps(R))
    values = tensors(R, "forward").detach()
    torch.testing.assert_close(again(values), R(values), rtol=0, atol=0)
    assert "half_circle(3)" in repr(R)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (torch.ones(4, 4, dtype=torch.cfloat), TypeError, "real and the imaginary part"),
        (torch.ones(4, 4, dtype=torch.int64), TypeError, "float32 or float64"),
        (torch.ones(4, 4, dtype=torch.float16), TypeError, "float32 or float64"),
        (np.ones((4, 4)), TypeError, "expected a tensor"),
        (torch.ones(4, 4).to_sparse(), TypeError, "to_dense"),
        (torch.ones(4, 4, device="meta"), TypeError, "meta"),
        (torch.ones(5, 4), ValueError, r"\(\.\.\., 4, 4\), got \(5, 4\)"),
        (torch.full((4, 4), torch.nan), ValueError, "finite"),
    ],
)
def test_what_is_refused(values: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        RadonTransform(SMALL["plane"])(values)


def test_lazily_negated_tensors_are_resolved() -> None:
    R = RadonTransform(SMALL["plane"])
    values = torch.complex(*(tensors(R, "forward").detach() for _ in range(2)))
    torch.testing.assert_close(R(values.conj().imag), -R(values.imag), rtol=0, atol=1e-15)


def test_a_grid_alone_is_refused() -> None:
    with pytest.raises(TypeError, match=r"radon_nn\.RadonTransform"):
        RadonTransform(Grid.cube(4))
