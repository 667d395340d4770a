// What the numbers say, in words.
import { PAYS, certificateAt, isBest } from "./certificates.js";
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
export function paragraphs({ state, selected, best, stale, facts, trouble, notice, slice, opened, certified: found, spikes }) {
  const out = [];
  if (state.view === "slice" && opened) {
    out.push([part(`${opened.source}: ${opened.text}.`)]);
    if (slice?.kinks) out.push([part(`${slice.kinks.length} kinks on this plane; blue ones bend down, orange ones bend up.`)]);
  } else if (state.mode === "network" && facts) {
    if (notice) out.push([part(notice, true)]);
    out.push(byHand(state, facts));
    if (best) out.push([part("No network of any width costs less than "), part(digits(best.lower), true), part(": the best network’s certificate proves it.")]);
  } else if (best) {
    out.push(...certified(state, best));
  } else if (state.mode === "data" && !trouble) {
    out.push([part(state.data.length ? "Solving …" : "No data yet: double click on the plane, or press “Add datum”.")]);
  }
  if (state.view !== "slice") out.push(...background(state, best, trouble, found, spikes, facts));
  if (selected?.kind === "datum" && state.view !== "slice" && state.background !== "certificate") out.push([part(CURVE)]);
  if (stale && best) out.push([part("Solving … what is shown is the last certified answer.", true)]);
  if (trouble) out.push([part(trouble, true)]);
  return out;
}

const CURVE = "Why a curve: a line through the datum (x₁, x₂) has offset = x₁ cos(angle) + x₂ sin(angle): a wave.";
const WHY =
  "Why this is a proof: the cost is convex, so if any network cost less, the first small step towards it would save. " +
  "Such a step adds or takes away small neurons; by F, none pays.";

function background(state, best, trouble, found, spikes, facts) {
  if (state.background in PICTURES) return [[part(PICTURES[state.background])]];
  if (state.background !== "certificate") return [];
  if (!found) return state.data.length || trouble ? [] : [[part("No certificate without data.")]];
  const about = [part("Certificate F of a line", false, "residuals over the decay, summed with the new neuron’s values at the data"), part(": what a small new neuron there would save in loss, over its price in decay. ")];
  if (found.own) return [[...about, ...ownCertificate(best, found, spikes, facts)]];
  const there = spikes.filter(([angle, offset]) => Math.abs(certificateAt(found.dual, angle, offset)) > 0.999).length;
  const touching = there === spikes.length ? "each spike" : `${there} of ${spikes.length} spikes`;
  return [[...about, part(`It is 1 or −1 at ${touching} and goes no further (largest ${best.largest.toFixed(6)}): no new neuron pays.`)], [part(WHY)]];
}

function ownCertificate(best, found, spikes, facts) {
  const size = Math.abs(found.largest.F);
  if (size > PAYS) return [part("For your network it reaches "), part(digits(found.largest.F), true), part(`, beyond ±1 (striped): there a small new neuron saves ${digits(size)} times its price, so yours is not the best yet.`)];
  const beyond = Math.max(0, size - 1).toFixed(3);
  const reach = beyond === "0.000" ? "it is nowhere beyond ±1" : `it is beyond ±1 by at most ${beyond}`;
  const above = best && facts?.objective !== undefined ? ` to within ${percent(facts.objective / best.lower - 1)} %` : "";
  if (isBest(found, spikes)) return [part(`For your network ${reach}, and 1 or −1 at its spikes: no neuron pays. You have built the best network${above}, and F proves it.`)];
  return [part(`For your network ${reach}, but not 1 or −1 at each spike: other masses cost less.`)];
}

/** What the small chart says of an offer {F, held}. */
export function offerWords({ F, held }) {
  const size = Math.abs(F);
  const start = `${held ? "A spike, against the change of its mass" : "A neuron on the purple line, against its mass"}: F = ${F.toFixed(3).replace("-", "−")}. `;
  if (held && F * Math.sign(held) > 2 - PAYS && size <= PAYS) return start + "The saving touches the price and goes no higher: its mass is right.";
  if (held) return start + "Its mass is not right: another one costs less.";
  if (size > PAYS) return start + "The saving rises above the price: a new neuron there pays.";
  return start + (size > 2 - PAYS ? "The saving touches the price." : "The saving stays below the price: it does not pay.");
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

/** A share in per cent, of two digits. */
const percent = (share) => digits(Number((100 * Math.max(0, share)).toPrecision(2)));

const loss = (figures) => part(`loss ${digits(figures.loss)}`, false, "half the squared errors");

function certified(state, best) {
  const share = best.objective > 0 ? best.gap / best.objective : 0;
  const proof = share < 1e-12 ? "proved exactly, to rounding" : `proved to within ${percent(share)} %`;
  const count = best.neurons === 1 ? "1 neuron" : `${best.neurons} neurons`;
  const lines = [
    [part("Cost "), part(digits(best.objective), true), part(" = "), loss(best), part(` + decay ${digits(best.decay)} × R-TV (total bend) `), part(digits(best.rtv), true), part(`; ${count} for ${state.data.length} data.`)],
    [part("Proof: no network of any width costs less than "), part(digits(best.lower), true), part(` (${proof}).`)],
  ];
  if (!best.converged) lines.push([part("The time for one answer was over before the gap closed.")]);
  return lines;
}
