"""The peers in the plane, each wrapped as methods with its own geometry and its best settings.

The image is one array for all: sample (i, j) lies at ((i - (n-1)/2) h, (j - (n-1)/2) h), n even, h = 2/n. Normals and
offsets are in these coordinates. Whatever a library lets one make beforehand is made beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np
from _peers_common import Array, Method, Rays, load, seconds
from scipy import fft

from radon_nn import Directions, Offsets, RadonTransform

FFTW_MEASURE = 0


class FourierSlice:
    """
    The Radon transform by the Fourier slice theorem: finufft along radial lines, then an inverse FFT along t.

    The image is real, so half of each radial line suffices. As many frequencies as offsets are taken: enough for
    functions that vanish outside the unit ball, and finufft's best case. The plans use FFTW_MEASURE (several times
    as fast here as finufft's default) and whichever of the `upsamplings` runs faster. The plan is of one
    `kind` only: 2 for `forward`, of `batch` images at a time, or 1 for `adjoint`, its transpose.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        step: float,
        normals: Array,
        count: int,
        *,
        eps: float,
        threads: int,
        kind: int = 2,
        batch: int = 1,
        upsamplings: tuple[float, ...] = (1.25, 2.0),
    ) -> None:
        self.shape, self.lead, self.count = shape, (batch,) if batch > 1 else (), count
        self.threads = threads
        frequency = 2 * np.pi * np.arange(count // 2 + 1) / count
        self.points = [np.outer(a, frequency).ravel().astype(np.float32) for a in normals.T]
        middle = normals @ ((np.array(shape) + 1) % 2 / 2)
        phase = np.exp(-1j * frequency * (middle[:, None] + (count - 1) / 2))
        self.phase = (step ** (len(shape) - 1) * phase).astype(np.complex64)
        double = np.where(np.isin(2 * np.arange(count // 2 + 1), (0, count)), 1, 2) / count
        self.transposed = (double * self.phase.conj()).astype(np.complex64)

        size = shape if kind == 2 else (self.phase.size,)
        self.values = np.zeros((*self.lead, *size), np.complex64)
        self.plan = self._fastest(kind, (batch, *shape), eps, upsamplings)

    def _fastest(self, kind: int, shape: tuple[int, ...], eps: float, upsamplings: tuple[float, ...]) -> Any:
        """The plan of the upsampling that runs fastest, ready to execute."""
        finufft = load("finufft")
        assert finufft is not None
        best, least = None, np.inf
        for upsampling in upsamplings:
            options = {"upsampfac": upsampling, "fftw": FFTW_MEASURE, "nthreads": self.threads, "showwarn": 0}
            sign = -1 if kind == 2 else 1
            plan = finufft.Plan(kind, shape[1:], shape[0], eps=eps, isign=sign, dtype="complex64", **options)
            plan.setpts(*self.points)
            runs = 3 if len(upsamplings) > 1 else 0
            taken = min((seconds(lambda plan=plan: plan.execute(self.values)) for _ in range(runs)), default=0.0)
            best, least = (plan, taken) if taken < least else (best, least)
        return best

    def forward(self, image: Array) -> Array:
        self.values.real[...] = image
        lines = self.plan.execute(self.values).reshape(*self.lead, *self.phase.shape)
        lines *= self.phase
        return np.asarray(fft.irfft(lines, self.count, axis=-1, workers=self.threads))

    def adjoint(self, sinogram: Array) -> Array:
        np.multiply(
            fft.rfft(sinogram, axis=-1, workers=self.threads),
            self.transposed,
            out=self.values.reshape(self.phase.shape),
        )
        return np.asarray(self.plan.execute(self.values).real)


class Astra:
    """
    ASTRA's CPU projector and its transpose.

    ASTRA runs on one thread but releases the interpreter's lock, so with `workers` > 1 the angles are split among
    Python threads that each own a projector, which is more than it offers by itself.
    """

    def __init__(self, kind: str, algorithm: str, n: int, step: float, angles: Array, workers: int) -> None:
        astra = load("astra")
        assert astra is not None
        self.astra, self.algorithm = astra, algorithm
        self.sinogram = np.zeros((len(angles), n), np.float32)
        parts = np.array_split(np.arange(len(angles)), workers)
        self.images = [np.zeros((n, n), np.float32) for _ in (parts if algorithm == "BP" else parts[:1])]
        self.pool = ThreadPoolExecutor(workers)
        half = n * step / 2
        box = astra.create_vol_geom(n, n, -half, half, -half, half)
        self.jobs = []
        for i, part in enumerate(parts):
            beam = astra.create_proj_geom("parallel", step, n, angles[part])
            sinogram = astra.data2d.link("-sino", beam, self.sinogram[part[0] : part[-1] + 1])
            image = astra.data2d.link("-vol", box, self.images[i % len(self.images)])
            roles = ("VolumeDataId" if algorithm == "FP" else "ReconstructionDataId", "ProjectionDataId")
            settings = {"type": algorithm, roles[0]: image, roles[1]: sinogram}
            settings["ProjectorId"] = astra.create_projector(kind, beam, box)
            self.jobs.append(astra.algorithm.create(settings))

    def _run(self) -> None:
        if len(self.jobs) == 1:
            self.astra.algorithm.run(self.jobs[0])
        else:
            list(self.pool.map(self.astra.algorithm.run, self.jobs))

    def forward(self, image: Array) -> Array:
        self.images[0][...] = image
        self._run()
        return self.sinogram

    def backward(self, sinogram: Array) -> Array:
        self.sinogram[...] = sinogram
        self._run()
        return self.images[0] if len(self.images) == 1 else sum(self.images[1:], self.images[0])


def astra_methods(
    algorithm: str, kinds: Sequence[str], n: int, m: int, threads: int, scale: float = 1.0
) -> list[Method]:
    """ASTRA's rows lie along -y and its columns along x; the detector bins are as wide as the pixels."""
    if load("astra") is None:
        return []
    step, angles = 2 / n, np.pi * np.arange(m) / m
    normals, offsets = np.stack([-np.sin(angles), np.cos(angles)], axis=1), Offsets(n, step).values[None]
    methods = []
    for kind in kinds:
        for workers in sorted({1, threads if algorithm != "FBP" else 1}):
            projector = Astra(kind, algorithm, n, step, angles, workers)
            run = projector.forward if algorithm == "FP" else projector.backward
            name = f"ASTRA {algorithm} {kind}" + (f", split in {workers}" if workers > 1 else "")
            rays = Rays(normals, offsets, bin=step if kind == "strip" else 0.0)
            methods.append(Method(name, run, rays, physical=lambda found: scale * found))
    return methods


def skimage_rays(n: int, m: int) -> tuple[Rays, Array]:
    """scikit-image turns about pixel (n//2, n//2), at which offset n//2 lies; its angles turn columns towards -rows."""
    step, angles = 2 / n, np.pi * np.arange(m) / m
    normals = np.stack([-np.sin(angles), np.cos(angles)], axis=1)
    pivot = np.full(2, (n // 2 - (n - 1) / 2) * step)
    return Rays(normals, ((np.arange(n) - n // 2) * step)[None] + (normals @ pivot)[:, None]), np.rad2deg(angles)


def skimage_radon(n: int, m: int) -> list[Method]:
    module = load("skimage.transform")
    if module is None:
        return []
    rays, theta = skimage_rays(n, m)
    return [
        Method(
            "scikit-image radon", lambda x: module.radon(x, theta, circle=True), rays, physical=lambda g: g.T * 2 / n
        )
    ]


def skimage_iradon(name: str, module: ModuleType | None, n: int, m: int) -> list[Method]:
    """`iradon` of scikit-image, or of radon_nn's module that keeps its signature and geometry."""
    if module is None:
        return []
    rays, theta = skimage_rays(n, m)
    run: Callable[[Array], Array] = lambda g: module.iradon(g, theta, filter_name="ramp", circle=True)  # noqa: E731
    return [Method(name, run, rays, prepare=lambda g: np.ascontiguousarray(g.T) * np.float32(n / 2))]


def finufft_methods(task: str, eps: Sequence[float], n: int, m: int, threads: int) -> list[Method]:
    """finufft on radon_nn's own directions and offsets."""
    if load("finufft") is None:
        return []
    step, normals = 2 / n, Directions.half_circle(m).normals
    rays, scale = Rays.of(normals, Offsets(n, step)), 2 * np.pi / m / step
    methods = []
    for tolerance in eps:
        kind = 2 if task == "forward" else 1
        peer = FourierSlice((n, n), step, normals, n, eps=tolerance, threads=threads, kind=kind)
        name = f"finufft {task}, eps {tolerance:.0e}"
        if kind == 2:
            methods.append(Method(name, peer.forward, rays))
        else:
            methods.append(Method(name, peer.adjoint, rays, physical=lambda found: scale * found))
    return methods


def adrt_rays(n: int) -> tuple[Rays, Array]:
    """
    The straight lines that adrt's digital lines stand for, and the length of each pixel along them.

    Quadrants 0 and 3 run along the rows' axis and 1 and 2 along the columns', rising s pixels in n - 1; output
    (quadrant, t, s) meets the first pixel at n-1-t (t for quadrant 2), as `adrt.utils.coord_adrt` has it too.
    """
    step, slope, middle = 2 / n, np.arange(n) / (n - 1), (n - 1) / 2
    root, one = np.hypot(1, slope), np.ones(n)
    normals = np.stack([[-slope, one], [one, -slope], [one, slope], [slope, one]]).transpose(0, 2, 1) / root[:, None]
    offsets = (middle * (1 + slope)[:, None] - np.arange(2 * n - 1)) * step / root[:, None]
    signed = np.stack([offsets, offsets, -offsets, offsets])
    return Rays(normals.reshape(-1, 2), signed.reshape(4 * n, -1)), step * root


def adrt_methods(n: int) -> list[Method]:
    module = load("adrt")
    if module is None:
        return []
    rays, length = adrt_rays(n)
    return [
        Method("adrt", module.adrt, rays, physical=lambda g: (g * length).transpose(0, 2, 1).reshape(4 * n, -1)),
    ]


def ours_forward(transform: RadonTransform) -> Method:
    name = f"radon_nn forward, order {transform.order}" + (", direct" if transform.method == "direct" else "")
    return Method(name, transform.forward, Rays.of(transform.directions.normals, transform.offsets))
