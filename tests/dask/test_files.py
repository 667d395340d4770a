"""Zarr and npy, in and out, chunk by chunk; the operator and conjugate gradients, in memory and out of core."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.linalg import lsqr

from radon_nn import Directions, Grid, RadonTransform

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
pytest.importorskip("zarr")
rd = pytest.importorskip("radon_nn.dask")


@pytest.mark.parametrize("name", ["array.zarr", "array.npy"])
@pytest.mark.parametrize("at_once", [None, 1])
def test_what_is_written_is_read(tmp_path: Path, name: str, at_once: int | None) -> None:
    values = np.random.default_rng(0).standard_normal((7, 5, 6)).astype("float32")
    for _ in range(2):  # The second time over what is there.
        rd.save(tmp_path / name, da.from_array(values, chunks=((1, 4, 2), 2, 6)), at_once)
    again = rd.load(tmp_path / name)
    assert again.dtype == values.dtype
    np.testing.assert_array_equal(again.compute(), values)
    np.testing.assert_array_equal(rd.load(tmp_path / name, chunks=3)[2:5, 1:].compute(), values[2:5, 1:])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.zarr: expected a zarr array"):
        rd.load(tmp_path / "none.zarr")


@pytest.mark.parametrize("suffix", ["zarr", "npy"])
def test_from_file_to_file(tmp_path: Path, suffix: str) -> None:
    transform = RadonTransform(Grid.cube(8, 3), Directions.product(5, 6))
    image = np.random.default_rng(1).standard_normal(transform.grid.shape)
    rd.save(tmp_path / f"volume.{suffix}", da.from_array(image, chunks=3))
    rd.save(
        tmp_path / f"rows.{suffix}",
        rd.forward(transform, rd.load(tmp_path / f"volume.{suffix}", chunks=3), rechunk=False),
    )
    expected = transform.forward(image)
    assert np.abs(rd.load(tmp_path / f"rows.{suffix}").compute() - expected).max() < 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize(("damp", "on_disk"), [(0.0, False), (0.3, True)])
def test_cgls_is_least_squares(tmp_path: Path, damp: float, on_disk: bool) -> None:
    transform = RadonTransform(Grid.cube(8), Directions.half_circle(7))
    rows = np.random.default_rng(2).standard_normal(transform.sinogram_shape)
    matrix = np.stack([transform.forward(unit.reshape(8, 8)).ravel() for unit in np.eye(64)], axis=1)
    told: list[str] = []
    operator = rd.Operator(transform)
    folder = tmp_path if on_disk else None
    image, residuals = rd.cgls(
        operator, da.from_array(rows, chunks=4), iterations=6, damp=damp, folder=folder, progress=told.append
    )
    expected = lsqr(matrix, rows.ravel(), damp=damp, iter_lim=6, atol=0, btol=0, conlim=0)[0]
    # Both are conjugate gradients on the same Krylov spaces; after 6 steps they differ by rounding, amplified.
    assert np.abs(image.compute().ravel() - expected).max() < 1e-9 * np.abs(expected).max()
    gap = np.linalg.norm(transform.forward(image.compute()) - rows)
    assert residuals[-1] == pytest.approx(gap, rel=1e-12)
    assert len(told) == len(residuals) - 1 == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == (["x.zarr"] if on_disk else [])


def test_cgls_of_nothing_is_zero() -> None:
    transform = RadonTransform(Grid.cube(6), Directions.half_circle(3))
    image, residuals = rd.cgls(rd.Operator(transform), da.zeros(transform.sinogram_shape))
    assert not image.any().compute()
    assert residuals == [0.0]


def test_operator_takes_vectors() -> None:
    transform = RadonTransform(Grid.cube(6, 3), Directions.product(3, 4))
    operator, rng = rd.Operator(transform), np.random.default_rng(3)
    x, y = rng.standard_normal(operator.shape[1]), rng.standard_normal(operator.shape[0])
    expected = transform.linear_operator()
    np.testing.assert_allclose(operator.matvec(da.from_array(x, chunks=50)), expected.matvec(x), rtol=0, atol=1e-12)
    np.testing.assert_allclose(operator.rmatvec(da.from_array(y, chunks=50)), expected.rmatvec(y), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["array.zarr", "array.npy"])
def test_an_array_may_replace_the_file_it_is_made_of(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    rd.save(path, da.ones((6, 4), chunks=3))
    rd.save(path, rd.load(path) * 2)
    assert rd.load(path).sum().compute() == 48
    broken = da.map_blocks(lambda block: block / np.array([]).sum(axis=(0, 1)), rd.load(path), dtype=float)
    with pytest.raises(Exception, match="axis"):
        rd.save(path, broken)
    assert rd.load(path).sum().compute() == 48
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_nothing_but_arrays_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    (tmp_path / "notes").write_text("more")
    for name, message in (("mine", "a folder with other things"), ("notes", "a name that ends with .npy")):
        with pytest.raises(FileExistsError, match=message):
            rd.save(tmp_path / name, da.ones((6, 4)))
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years"


def test_a_group_or_a_text_is_no_array(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    zarr.open_group(tmp_path / "group", mode="w").create_array("one", shape=(3,), dtype=float)
    (tmp_path / "notes.txt").write_text("text")
    (tmp_path / "notes.npy").write_text("text")
    for name in ("group", "notes.txt", "notes.npy"):
        with pytest.raises(ValueError, match=f"{name}: expected"):
            rd.load(tmp_path / name)
    with pytest.raises(FileExistsError, match="a folder with other things"):
        rd.save(tmp_path / "group", da.ones(3))
    assert rd.load(tmp_path / "group" / "one").shape == (3,)


def test_cgls_keeps_an_earlier_result(tmp_path: Path) -> None:
    A = rd.Operator(RadonTransform(Grid.cube(6), Directions.half_circle(4)))
    x, _ = rd.cgls(A, da.ones(A.transform.sinogram_shape), iterations=2, folder=tmp_path)
    before = x.compute()
    with pytest.raises(FileExistsError, match="without an earlier result"):
        rd.cgls(A, da.zeros(A.transform.sinogram_shape), iterations=2, folder=tmp_path)
    assert np.array_equal(x.compute(), before)


def test_cgls_refuses_negative_tolerances() -> None:
    A = rd.Operator(RadonTransform(Grid.cube(6), Directions.half_circle(4)))
    with pytest.raises(ValueError, match="tol: expected"):
        rd.cgls(A, da.ones(A.transform.sinogram_shape), tol=-1.0)
