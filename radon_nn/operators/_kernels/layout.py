"""How rows and lattices lie in memory: the sizes that all kernels share.

Arrays whose layout may vary (stacks of images, of sinograms) come as flat buffers with strides counted in elements, so
that each loop is compiled once. An image is packed into *rows*, zero-padded lines of spline coefficients along its main
axis. For one direction the offsets of a row's samples are equally spaced, so each row lands on one common *lattice* of
offsets (``t0 + tau * l`` for l = 0 .. L-1) at a constant real shift ``sigma = slopes . index + start``:

    lattice[k + s + j] += weight_j(sigma - s) * row[k],      s = floor(sigma).

Of large stacks, as many images as fill a cache line are interleaved: they are the *lanes*, the last axis of rows and
lattices. Shifts are whole numbers of lanes, so every load is aligned, and resampling loads vectors too.

Indices into flat buffers are unsigned: a signed one is checked for being negative at every step. Kernels take no slices
of arrays in inner loops: the reference counts of seven views cost as much as half a row of 128. An argument that is
None stands for a stage that is left out; Numba does not compile it.
"""

PAD = 16
"""Zeros at either end of a row: the shifts of four rows walked together differ by at most 4 (three slopes of 1, and one
for rounding at a whole number), and spans are rounded up by less than `SPAN`."""
SPAN = 8
"""The inner loops over rows run over a multiple of this, a vector of AVX2, so that no remainder is done one by one."""
MARGIN = 8
"""Lattice points kept free at either end: the outermost taps of order 5 reach 3 points beyond a row, and `SPAN` and the
differing shifts of a group up to 5 more."""
GROUP = 4
"""Rows (forward) or directions (adjoint) handled together. More weights than 4 rows' for two taps would leave the
registers."""
BUNDLE_GROUP = 8
"""Rows of a bundle summed together: their shifts differ little, so that they stay in registers."""
DIRECTIONS = 4
"""Directions walked together, for which a chunk of four rows stays in the first-level cache."""
GATHERED_ROWS = 8
"""Rows times taps gathered together: their accumulators fit the first-level cache."""
BLOCK_BUNDLES = 4
"""Bundles gathered together, so that lattices of four directions stay in the first-level cache for all of them."""
PACKED_ROWS = 16
"""Rows packed or unpacked at a time: as many float32 as share a cache line where rows run across memory. There, rows
are packed as many points at a time: 512^2 points take 0.11 ms, 0.14 with 8, 0.22 point by point, and 0.29 with 32."""
ACROSS = 8
"""Points of a row added to images, or of a line filtered, before the next one's, where they run across memory. The
cache lines are then still in the first-level cache for the others that share them, also where 2 or 4 KiB lie between
points, so that 16 or 8 lines share a set of it: 512^2 points take 0.15 ms, 0.24 point by point, and 1.6 with 64."""
RAISED = 8
"""Slopes of a longer bundle summed together: as many lie between two slopes of the bundles that it is made of, whose
sums then stay in the first-level cache for all of them."""
CHUNK = 640
"""Elements of a row walked at a time: 10 KiB of four rows in float32, of the 32 KiB of a first-level cache, stay there
for the next directions."""
HALO = 3
"""Points beyond either end that sharpening reads."""
NODES = 4
"""Coarse slopes a slope is interpolated from: cubic interpolation."""
MOVES = 6
"""Points a bundle is moved by: interpolation of degree 5. With degree 3 edges blur visibly."""
FINE_MOVES = 4
"""The same where there are two points to a lattice point: degree 3 is then as exact."""
LINE_ITEMS = 16
"""Numbers in a cache line of 64 bytes, if they are float32."""
