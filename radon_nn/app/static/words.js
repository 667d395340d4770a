// What the numbers say, in words.
import { digits } from "./drawing.js";

const part = (text, strong = false, title = "") => ({ text, strong, title });

const PICTURES = {
  sinogram: "Behind the spikes: the sinogram, the sum of the network along each line.",
  filtered: "Behind the spikes: the filtered sinogram, which shows where the network bends.",
};

/** How R-TV comes about from the masses; silu and gelu bend one way, further the other way, and back. */
const BENDS = {
  "leaky_relu 0.2": ": a neuron’s slope changes by 0.8 × its mass.",
  abs: ": a neuron’s slope changes by 2 × its mass.",
  tanh: ": each tanh bends up and down again, 2 × its mass.",
  sigmoid: ": each sigmoid bends up and down again, ½ × its mass.",
  softplus: ": each softplus bends one way only, by its mass.",
  silu: ": each silu bends down, up, and down again, 1.4 × its mass.",
  gelu_tanh: ": each gelu bends down, up, and down again, 1.52 × its mass.",
};

/** Paragraphs about the state: lists of parts, some strong, some with a tooltip; `stale` marks what waits for an answer. */
export function paragraphs({ state, best, stale, facts, trouble, slice, opened }) {
  const out = [];
  if (state.view === "slice" && opened) {
    out.push([part(`${opened.source}: ${opened.text}.`)]);
    if (slice?.kinks) out.push([part(`${slice.kinks.length} kinks on this plane; blue ones bend down, orange ones bend up.`)]);
  } else if (state.mode === "network" && facts) {
    out.push(byHand(state, facts));
    if (state.data.length) out.at(-1).push(part(" This is your own network; “Shown: the best network” returns."));
    if (best) out.push([part("No network of any width, however trained, costs less than "), part(digits(best.lower), true), part(": the certificate proves it.")]);
  } else if (best) {
    out.push(...certified(state, best));
  } else if (state.mode === "data" && !trouble) {
    out.push([part(state.data.length ? "Solving …" : "No data yet: double click on the plane, or press “Add datum”.")]);
  }
  if (state.view !== "slice") out.push(...background(state, best, trouble));
  if (stale && best) out.push([part("Solving … what is shown is the last certified answer.", true)]);
  if (trouble) out.push([part(trouble, true)]);
  return out;
}

function background(state, best, trouble) {
  if (state.background in PICTURES) return [[part(PICTURES[state.background])]];
  if (state.background !== "certificate") return [];
  if (!best) return state.data.length || trouble ? [] : [[part("No certificate without data.")]];
  if (state.mode === "network") {
    return [[part("F belongs to the best network, not to this one: spikes that stand off its peaks and valleys make this one cost more.")]];
  }
  const largest = best.largest.toFixed(6);
  return [[part(`Certificate F on a line: what a small new neuron there would save in loss, divided by its decay. Spikes sit where F is 1 or −1, and it goes no further (largest ${largest}): no new neuron pays, and as the problem is convex, no network costs less.`)]];
}

function byHand(state, facts) {
  const parts = [part("R-TV, the total bend: "), part(digits(facts.rtv), true)];
  if (facts.path_norm > facts.rtv * (1 + 1e-9) + 1e-12) {
    parts.push(part(`. The neurons’ own sizes add up to ${digits(facts.path_norm)} (the path norm): some cancel.`));
  } else {
    parts.push(part(BENDS[state.activation] ?? ", the sum of the spikes’ masses, signs dropped."));
  }
  if (facts.objective !== undefined) {
    parts.push(part(` Cost ${digits(facts.objective)} = `), loss(facts), part(` + decay ${digits(state.decay)} × R-TV.`));
  }
  return parts;
}

const loss = (figures) => part(`loss ${digits(figures.loss)}`, false, "half the squared errors");

function certified(state, best) {
  const share = best.objective > 0 ? best.gap / best.objective : 0;
  const proof = share < 1e-12 ? "proved exactly, to rounding" : `proved to within ${digits(Number((100 * share).toPrecision(2)))} %`;
  const count = best.neurons === 1 ? "1 neuron" : `${best.neurons} neurons`;
  const lines = [
    [part("Cost "), part(digits(best.objective), true), part(" = "), loss(best), part(` + decay ${digits(best.decay)} × R-TV (total bend) `), part(digits(best.rtv), true), part(`; ${count} for ${state.data.length} data.`)],
    [part("Proof: no network of any width costs less than "), part(digits(best.lower), true), part(` (${proof}).`)],
  ];
  if (!best.converged) lines.push([part("The time for one answer was over before the gap closed.")]);
  return lines;
}
