// What the numbers say, in words.
import { digits } from "./drawing.js";

const part = (text, strong = false) => ({ text, strong });

/** Paragraphs about the state: lists of parts, some of them strong; `stale` marks what waits for an answer. */
export function paragraphs({ state, best, stale, facts, trouble, slice, opened }) {
  const out = [];
  if (state.view === "slice" && opened) {
    out.push([part(`${opened.source}: ${opened.text}.`)]);
    if (slice?.kinks) out.push([part(`${slice.kinks.length} kinks on this plane; blue ones bend down, orange ones bend up.`)]);
  } else if (state.mode === "network" && facts) {
    out.push(byHand(state, facts));
    if (best) out.push([part("No network of any width, however trained, costs less than "), part(digits(best.lower), true), part(": the certificate proves it.")]);
  } else if (best) {
    out.push(...certified(state, best));
  } else if (state.mode === "data" && !trouble) {
    out.push([part(state.data.length ? "Solving …" : "No data yet: double click on the plane, or press “Add datum”.")]);
  }
  if (best && state.background === "certificate" && state.view !== "slice") {
    out.push([part(`The landscape F is blue down to −1 and orange up to 1, and nowhere beyond: its largest height is ${best.largest.toFixed(6)}. Spikes stand where it reaches 1 or −1. That is the proof.`)]);
  }
  if (stale && best) out.push([part("Solving … what is shown is the last certified answer.", true)]);
  if (trouble) out.push([part(trouble, true)]);
  return out;
}

function byHand(state, facts) {
  const parts = [part("R-TV, the total bend: "), part(digits(facts.rtv), true)];
  if (facts.path_norm > facts.rtv * (1 + 1e-9) + 1e-12) parts.push(part(`, less than the path norm ${digits(facts.path_norm)}: neurons cancel`));
  parts.push(part(state.activation === "relu" ? ", the sum of the spikes’ sizes." : "."));
  if (facts.objective !== undefined) {
    parts.push(part(` Cost ${digits(facts.objective)} = loss ${digits(facts.loss)} + decay ${digits(state.decay)} × R-TV.`));
  }
  return parts;
}

function certified(state, best) {
  const share = best.objective > 0 ? best.gap / best.objective : 0;
  const proof = share < 1e-12 ? "no gap is left" : `gap ${digits(best.gap)}, ${digits(100 * share)} % of the cost`;
  const count = best.neurons === 1 ? "1 neuron" : `${best.neurons} neurons`;
  const lines = [
    [part("Cost "), part(digits(best.objective), true), part(` = loss ${digits(best.loss)} + decay ${digits(best.decay)} × R-TV `), part(digits(best.rtv), true), part(`; ${count} for ${state.data.length} data.`)],
    [part("Proof: no network of any width costs less than "), part(digits(best.lower), true), part(` (${proof}).`)],
  ];
  if (!best.converged) lines.push([part("The time for one answer was over before the gap closed.")]);
  return lines;
}
