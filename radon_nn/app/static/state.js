// What the page shows, as one plain object: checked, undone, written into links and as Python.
import { ACTIVATIONS, TARGETS, normal } from "./mathematics.js";

export const MOST_POINTS = 200;
export const MOST_NEURONS = 100;
const BACKGROUNDS = ["none", "sinogram", "filtered", "certificate"];
const VIEWS = ["function", "backprojection", "slice"];

export const EMPTY = {
  mode: "data", // "data": the best network for the data; "network": one drawn by hand
  data: [], // rows [x1, x2, value, normal random number]
  decay: 0.1,
  target: "network", // what gives a new datum its value: the network that is shown, or one of TARGETS
  noise: 0, // deviation of the noise that is added to the values
  neurons: [], // rows [angle, offset, mass]
  activation: "relu",
  steepness: 4,
  skip: [0, 0],
  constant: 0,
  background: "none",
  view: "function",
  angles: 90,
  lesson: "", // whose text is shown
};

const within = (number, most) => Number.isFinite(number) && Math.abs(number) <= most;
const list = (content, width, most, limits) =>
  Array.isArray(content) &&
  content.length <= most &&
  content.every((row) => Array.isArray(row) && row.length === width && row.every((x, k) => within(x, limits[k])));

/** The state with what is missing filled in; null if something is not as it should be. */
export function checked(content) {
  if (typeof content !== "object" || content === null) return null;
  const state = { ...EMPTY };
  for (const key of Object.keys(EMPTY)) if (key in content) state[key] = content[key];
  if (Array.isArray(state.data)) {
    state.data = state.data.map((row) => (Array.isArray(row) && row.length === 3 ? [...row, normal()] : row));
  }
  const good =
    ["data", "network"].includes(state.mode) &&
    list(state.data, 4, MOST_POINTS, [1, 1, 50, 10]) &&
    list(state.neurons, 3, MOST_NEURONS, [100, 10, 1e4]) &&
    within(state.decay, 1e4) && state.decay >= 1e-6 &&
    within(state.noise, 4) && state.noise >= 0 &&
    (state.target === "network" || Object.hasOwn(TARGETS, state.target)) &&
    Object.hasOwn(ACTIVATIONS, state.activation) &&
    within(state.steepness, 100) && state.steepness >= 0.1 &&
    Array.isArray(state.skip) && state.skip.length === 2 && state.skip.every((x) => within(x, 1e4)) &&
    within(state.constant, 1e4) &&
    BACKGROUNDS.includes(state.background) &&
    VIEWS.includes(state.view) &&
    typeof state.lesson === "string" && /^[a-z_]{0,30}$/.test(state.lesson) &&
    Number.isInteger(state.angles) && state.angles >= 1 && state.angles <= 90;
  return good ? structuredClone(state) : null;
}

/** The rows [x1, x2, value] that are fitted: noise added, and cut to what the server takes. */
export function noisy(state) {
  return state.data.map(([x1, x2, value, z]) => [x1, x2, Math.max(-100, Math.min(100, value + state.noise * z))]);
}

/** The state as a link's fragment. */
export function encoded(state) {
  const short = JSON.stringify(state, (_, x) => (typeof x === "number" ? Number(x.toPrecision(6)) : x));
  return "s=" + btoa(short).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The state of a link's fragment; null if there is none, or a damaged one. */
export function decoded(fragment) {
  const match = /^#?s=([\w-]{1,60000})$/.exec(fragment);
  if (!match) return null;
  try {
    return checked(JSON.parse(atob(match[1].replaceAll("-", "+").replaceAll("_", "/"))));
  } catch {
    return null;
  }
}

/** States before and after, for undo and redo. */
export class History {
  constructor(state) {
    [this.past, this.now, this.future] = [[], JSON.stringify(state), []];
  }

  /** Keep a state, if it differs from the last one. */
  keep(state) {
    const text = JSON.stringify(state);
    if (text === this.now) return;
    this.past.push(this.now);
    if (this.past.length > 200) this.past.shift();
    [this.now, this.future] = [text, []];
  }

  /** The state before (back = true) or after; null if there is none. */
  step(back) {
    const [from, to] = back ? [this.past, this.future] : [this.future, this.past];
    if (!from.length) return null;
    to.push(this.now);
    this.now = from.pop();
    return JSON.parse(this.now);
  }
}

const rows = (name, content) => `${name} = np.array(${JSON.stringify(content)})`;

/** Python lines that make what the page shows. */
export function pythonLines(state) {
  const digits = (x) => Number(x.toPrecision(6));
  const data = noisy(state).map((row) => row.map(digits));
  const lines = ["import numpy as np"];
  if (state.mode === "data") {
    lines.push("from radon_nn import fit", "", rows("data", data));
    lines.push(`best = fit(data[:, :2], data[:, 2], decay=${digits(state.decay)})`, "print(best)");
    lines.push("network = best.network");
    return lines.join("\n") + "\n";
  }
  lines.push("from radon_nn import ShallowNetwork, rtv", "", "# Rows: angle of the normal, offset, mass.");
  lines.push(rows("neurons", state.neurons.map((row) => row.map(digits))) + ".reshape(-1, 3)");
  lines.push("angles, offsets, masses = neurons.T", `gain = ${digits(state.steepness)}`);
  lines.push("normals = np.column_stack([np.cos(angles), np.sin(angles)])", "network = ShallowNetwork(");
  lines.push("    gain * normals,", "    -gain * offsets,", "    masses / gain,");
  lines.push(`    skip=[[${state.skip.map(digits).join(", ")}]],`, `    constant=[${digits(state.constant)}],`);
  lines.push(`    activation="${state.activation}",`, ")", "print(rtv(network))");
  return lines.join("\n") + "\n";
}
