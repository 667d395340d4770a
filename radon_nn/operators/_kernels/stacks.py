"""Pairs of kernels run by turns, so that what one writes the other reads from cache.

In float32 the rows of one bundle take 35 KiB for an image of 512 points a side, and what is read of the lattices of a
few directions 12 KiB; for a stack of as many smaller images as fill a cache line both take 50 to 200 KiB. Calling the
kernels for one task after the other from Python would take longer than that saves.
"""

from radon_nn._support.compiled import compiled
from radon_nn.operators._kernels.bundles import sum_bundles, walk_bundles
from radon_nn.operators._kernels.packing import pack
from radon_nn.operators._kernels.sinograms import read_lattices


@compiled
def pack_and_sum(images, layout, interleaved, landing, rooms, sums, task):
    """Pack and sum bundles task[0] .. task[1] - 1, one after the other; sums begin with bundle task[2].

    rooms are the working memory of `pack`, the rows of one bundle, and the working memory of `sum_bundles`.
    """
    packing, rows, acc, begins = rooms
    for bundle in range(task[0], task[1]):
        pack(images, layout, interleaved, packing, rows, (bundle, bundle + 1, bundle))
        sum_bundles(rows, landing, acc, begins, sums, (0, 1, bundle - task[2]))


@compiled
def walk_and_read(sums, walk, readout, shape, rooms, lattices, sinograms, task):
    """`walk_bundles` and `read_lattices` for tasks task[0] .. task[1] - 1, one after the other.

    rooms are the working memory of both, and the arguments `interleaved` and `splines` of the second; lattices hold
    those of one task; sums begin with those of group task[2].
    """
    walking, reading, interleaved, splines = rooms
    for t in range(task[0], task[1]):
        walk_bundles(sums, walk, readout, shape, walking, lattices, (t, t + 1, task[2]))
        read_lattices(lattices, readout, interleaved, splines, reading, sinograms, t, t + 1)
