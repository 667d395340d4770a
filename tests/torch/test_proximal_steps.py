"""Proximal steps against a minimiser that searches by brute force."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from radon_nn.torch import proximal_norms  # noqa: E402
from radon_nn.torch.proximal_steps import proximal_factors  # noqa: E402

GAMMAS = (0.01, 0.3, 0.9, 0.999, 1.0, 1.5, 3.0)


def brute(a0: float, b0: float, gamma: float) -> tuple[float, float]:
    """Every a on a grid, the best b for it, and bisection of the derivative about the best of them."""

    def b(a: np.ndarray | float) -> np.ndarray:
        return np.maximum(0, b0 - gamma * np.asarray(a))

    def cost(a: np.ndarray | float) -> np.ndarray:
        return (a - a0) ** 2 / 2 + (b(a) - b0) ** 2 / 2 + gamma * a * b(a)

    grid = np.linspace(0, a0, 4001)
    k = int(cost(grid).argmin())
    low, high = grid[max(k - 1, 0)], grid[min(k + 1, 4000)]
    for _ in range(100):
        middle = (low + high) / 2
        if middle - a0 + gamma * b(middle) < 0:
            low = middle
        else:
            high = middle
    best = min((0.0, a0, (low + high) / 2), key=lambda a: float(cost(a)))
    return best, float(b(best))


@pytest.mark.parametrize("gamma", GAMMAS)
def test_norms_against_brute_force(gamma: float) -> None:
    rng = np.random.default_rng(0)
    norms = rng.exponential(size=(40, 2)) * rng.choice([0.1, 1.0, 10.0], size=(40, 2))
    after = proximal_norms(*torch.tensor(norms).T, gamma)
    expected = np.array([brute(*row, gamma) for row in norms])
    np.testing.assert_allclose(torch.stack(after, dim=1).numpy(), expected, rtol=0, atol=1e-8)


def test_equal_norms_from_gamma_one_on_leave_one_of_them() -> None:
    a, b = proximal_norms(torch.ones(1), torch.ones(1), 1.0)
    assert sorted([a.item(), b.item()]) == [0, 1]


def test_zero_norms_stay_zero_and_gamma_zero_changes_nothing() -> None:
    a, b = torch.tensor([0.0, 2.0, 0.0]), torch.tensor([1.0, 0.0, 0.0])
    for gamma in (0.0, 0.5, 2.0):
        after = proximal_norms(a, b, gamma)
        assert torch.equal(after[0], a)
        assert torch.equal(after[1], b)


@pytest.mark.parametrize("gamma", [-1.0, float("nan"), float("inf")])
def test_gamma_is_a_number(gamma: float) -> None:
    with pytest.raises(ValueError, match="gamma"):
        proximal_norms(torch.ones(1), torch.ones(1), gamma)


@pytest.mark.parametrize("gamma", [0.01, 0.3, 0.9, 2.0])
def test_one_step_size_is_the_closed_form(gamma: float) -> None:
    rng = np.random.default_rng(1)
    v, w = torch.tensor(rng.standard_normal((30, 2))), torch.tensor(rng.standard_normal((30, 3)))
    factors = proximal_factors(v, w, (torch.ones_like(v), torch.ones_like(w)), gamma)
    expected = proximal_norms(v.norm(dim=1), w.norm(dim=1), gamma)
    for factor, part, norm in zip(factors, (v, w), expected, strict=True):
        torch.testing.assert_close((factor * part).norm(dim=1), norm, rtol=0, atol=1e-10)


@pytest.mark.parametrize("decay", [0.01, 0.1, 0.3, 0.9, 2.0])
def test_many_step_sizes_reach_the_least_cost(decay: float) -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(2)
    for _ in range(4):
        o, d = rng.integers(1, 3), rng.integers(1, 4)
        v, w = rng.standard_normal(o) * rng.choice([0.1, 1.0]), rng.standard_normal(d)
        r, s = np.exp(rng.standard_normal(o)), np.exp(rng.standard_normal(d))
        start = np.concatenate([v, w])

        def cost(z: np.ndarray, v: np.ndarray = v, w: np.ndarray = w, r: np.ndarray = r, s: np.ndarray = s) -> float:
            first, second = z[: len(v)], z[len(v) :]
            moved = np.sum((first - v) ** 2 / r) / 2 + np.sum((second - w) ** 2 / s) / 2
            return float(moved + decay * np.linalg.norm(first) * np.linalg.norm(second))

        rows = [torch.tensor(part)[None] for part in (v, w, r, s)]
        factors = proximal_factors(rows[0], rows[1], (rows[2], rows[3]), decay)
        reached = cost(np.concatenate([(f * row)[0].numpy() for f, row in zip(factors, rows[:2], strict=True)]))
        starts = [start, np.concatenate([v, 0.1 * w]), np.concatenate([0.1 * v, w]), 0.3 * start]
        ends = [np.concatenate([v, 0 * w]), np.concatenate([0 * v, w])]
        ends += [minimize(cost, z, method="BFGS").x for z in starts]
        assert reached <= min(map(cost, ends)) + 1e-12


@pytest.mark.parametrize("still", [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_entries_of_no_step_size_stay_and_the_others_are_penalised(still: tuple[float, float]) -> None:
    v, w = torch.tensor([[2.0, 1.0]]), torch.tensor([[1.0, 3.0, 1.0]])
    factors = proximal_factors(v, w, (still[0] * torch.ones_like(v), still[1] * torch.ones_like(w)), 0.1)
    for factor, moves in zip(factors, still, strict=True):
        assert ((factor < 1) == bool(moves)).all()
        assert (factor > 0.5).all()


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_what_is_not_finite_is_not_hidden(bad: float) -> None:
    ones = torch.ones(2, 2)
    factors = proximal_factors(torch.ones(2, 1), torch.tensor([[bad, 1], [1, 1]]), (torch.ones(2, 1), ones), 0.1)
    assert all((factor[0] == 1).all() for factor in factors)


def test_what_is_not_finite_stays() -> None:
    weights = torch.tensor([[torch.nan, 1.0], [1.0, 1.0], [torch.inf, 1.0]])
    ones = torch.ones(3, 1), torch.ones(3, 2)
    v, w = proximal_factors(ones[0], weights, ones, 0.1)
    assert torch.equal(v[[0, 2]], torch.ones(2, 1).double())
    assert torch.equal(w[[0, 2]], torch.ones(2, 2).double())
    assert 0 < float(w[1].min()) < 1
    for gamma in (0.1, 2.0):
        after = proximal_norms(torch.ones(3), weights.norm(dim=1), gamma)
        assert torch.equal(after[0][[0, 2]], torch.ones(2))
        assert torch.equal(torch.isfinite(after[1]), torch.tensor([False, True, False]))


@pytest.mark.parametrize("fixed", [0, 1])
def test_entries_of_step_size_zero_are_fixed(fixed: int) -> None:
    rng = np.random.default_rng(3)
    parts = [torch.tensor(rng.standard_normal((20, 3))) for _ in range(2)]
    steps = [torch.ones(20, 3).double() for _ in range(2)]
    steps[fixed] = torch.zeros(20, 3).double()
    factors = proximal_factors(*parts, tuple(steps), 0.3)
    norms = [part.norm(dim=1) for part in parts]
    moved = (1 - 0.3 * norms[fixed] / norms[1 - fixed]).clamp(min=0)
    torch.testing.assert_close(factors[fixed], torch.ones(20, 3).double(), rtol=0, atol=1e-12)
    torch.testing.assert_close(factors[1 - fixed], moved[:, None].expand(20, 3), rtol=0, atol=1e-12)
    neither = proximal_factors(*parts, (0 * steps[0], 0 * steps[1]), 0.3)
    assert all(bool((factor == 1).all()) for factor in neither)
