// The certificate of any network on data: what a new neuron on a line would save in loss, over what it would cost.
import { REACH, certificate, valueAt } from "./mathematics.js";

const [ANGLES, OFFSETS] = [160, 129]; // of the landscape
const SWEEPS = 3000; // of the masses, one after the other; they stop earlier where nothing moves any more
/** Beyond this a new neuron is said to pay: 1, and what the solver's tolerance and the masses' last digits may add. */
export const PAYS = 1.005;
const dot = (u, v) => u.reduce((sum, x, i) => sum + x * v[i], 0);
const without = (vector, { values }) => {
  const share = dot(vector, values);
  return vector.map((x, i) => x - share * values[i]);
};

/** Orthonormal affine functions on the data: their values there, and their constant and slopes. */
function affineBasis(data) {
  const basis = [];
  for (let k = 0; k < 3; k++) {
    const column = data.map((row) => (k === 0 ? 1 : row[k - 1]));
    let values = column;
    let parts = [0, 1, 2].map((j) => (j === k ? 1 : 0));
    for (const other of basis) {
      const share = dot(values, other.values);
      values = without(values, other);
      parts = parts.map((x, j) => x - share * other.parts[j]);
    }
    const size = Math.hypot(...values);
    // Data on one line, or on one point, have fewer affine functions; 1e-9 is beyond the rounding errors of the above.
    if (size > 1e-9 * Math.hypot(...column)) basis.push({ values: values.map((x) => x / size), parts: parts.map((x) => x / size) });
  }
  return basis;
}

/** A vector on the data less its best affine fit, which costs nothing. */
const freed = (vector, basis) => basis.reduce(without, vector);
const column = (data, [angle, offset]) => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return data.map(([x1, x2]) => Math.max(0, c * x1 + s * x2 - offset));
};

/** Rows [x1, x2, r]: the residuals of a network on data over the decay, once its affine part fits best. */
export function dualOf(network, data, decay) {
  const residuals = freed(data.map(([x1, x2, y]) => y - valueAt(network, x1, x2)), affineBasis(data));
  return data.map(([x1, x2], i) => [x1, x2, residuals[i] / decay]);
}

/** F at one line. */
export function certificateAt(dual, angle, offset) {
  return dot(column(dual, [angle, offset]), dual.map((row) => row[2]));
}

/** The certificate on all lines of the strip: {values, n, m, largest: {angle, offset, F}}. */
export function landscape(dual) {
  const values = certificate(dual, ANGLES, OFFSETS);
  let [top, height] = [0, 0];
  for (let k = 0; k < values.length; k++) {
    if (values[k] > height || -values[k] > height) [top, height] = [k, Math.abs(values[k])];
  }
  const [stepA, stepT] = [Math.PI / ANGLES, (2 * REACH) / (OFFSETS - 1)];
  let best = { angle: Math.floor(top / OFFSETS) * stepA, offset: -REACH + (top % OFFSETS) * stepT, F: values[top] };
  for (let size = 1; size > 1e-4; size /= 2) {
    for (let k = 0; k < 9; k++) {
      const angle = Math.max(0, Math.min(Math.PI, best.angle + size * stepA * ((k % 3) - 1)));
      const offset = best.offset + size * stepT * (Math.floor(k / 3) - 1);
      const F = certificateAt(dual, angle, offset);
      if (Math.abs(F) > Math.abs(best.F)) best = { angle, offset, F };
    }
  }
  return { values, n: ANGLES, m: OFFSETS, largest: best };
}

/** Whether nothing pays: the certificate {dual, largest} is within ±1, and at each spike it has the mass's sign and size 1. */
export function isBest({ dual, largest }, spikes) {
  const held = ([angle, offset, mass]) => certificateAt(dual, angle, offset) * Math.sign(mass) > 2 - PAYS;
  return Math.abs(largest.F) <= PAYS && spikes.every(held);
}

/** What a neuron on a line offers: {F, unit, held, curved}, see OfferChart; `mass` is that of a spike there. */
export function offer(dual, decay, angle, offset, mass = 0) {
  const values = freed(column(dual, [angle, offset]), affineBasis(dual));
  const square = dot(values, values);
  const curved = square > 1e-9; // with all data on one side a neuron is affine there, and saves nothing
  const unit = curved ? decay / square : 1;
  return { F: certificateAt(dual, angle, offset), unit, held: mass / unit, curved };
}

/** The network with masses and affine part that cost least on the data, its lines kept; neurons without mass go. */
export function weighed(network, data, decay) {
  const basis = affineBasis(data);
  const spikes = network.spikes.map((row) => [...row]);
  const columns = spikes.map((row) => freed(column(data, row), basis));
  const squares = columns.map((values) => dot(values, values));
  let rest = freed(data.map((row) => row[2]), basis);
  spikes.forEach((row, k) => (rest = rest.map((x, i) => x - row[2] * columns[k][i])));
  for (let sweep = 0, moved = 1; sweep < SWEEPS && moved > 1e-9; sweep++) {
    moved = 0;
    spikes.forEach((row, k) => {
      const wish = dot(columns[k], rest) + row[2] * squares[k];
      const mass = squares[k] > 1e-9 ? (Math.sign(wish) * Math.max(0, Math.abs(wish) - decay)) / squares[k] : 0;
      const change = mass - row[2];
      if (change) rest = rest.map((x, i) => x - change * columns[k][i]);
      row[2] = mass;
      moved = Math.max(moved, Math.abs(change));
    });
  }
  const kept = spikes.filter((row) => row[2] !== 0);
  const values = kept.map((row) => column(data, row));
  const left = data.map((row, i) => row[2] - kept.reduce((sum, spike, k) => sum + spike[2] * values[k][i], 0));
  const affine = [0, 0, 0];
  for (const one of basis) {
    const share = dot(left, one.values);
    one.parts.forEach((x, j) => (affine[j] += share * x));
  }
  return { ...network, spikes: kept, constant: affine[0], skip: [affine[1], affine[2]] };
}
