// A page for a lecturer's web site, without Python: one neuron, a datum as a curve, and backprojection of discs.
import { REACH, backprojected, folded, rampFiltered, sampled, sinogramOfDiscs } from "./mathematics.js";
import { digits, freeScale, html, largest } from "./drawing.js";
import { keepsPlace } from "./panel.js";
import { Plane, Strip } from "./panels.js";
import { lineThrough, pointOf, turnerOf } from "./probe.js";
import { button, slider } from "./controls.js";

const [SAMPLES, ANGLES, OFFSETS] = [97, 90, 129];
const STEP = (2 * REACH) / (OFFSETS - 1);
const DISCS = [[-0.1, 0.05, 0.8, 0.4], [-0.4, 0.2, 0.22, 0.6], [0.3, -0.3, 0.3, -0.3], [0.25, 0.4, 0.12, 0.6]];
const limit = (x, most) => Math.max(-most, Math.min(most, x));

/** Two panels under a heading, with text. */
function section(parent, title, text, plane, strip) {
  const box = html("section", { class: "rp-lecture" }, parent);
  html("h2", {}, box, title);
  html("p", {}, box, text);
  const [left, right] = [html("div", {}, box), html("div", {}, box)];
  return { box, plane: new Plane(left, plane), strip: new Strip(right, strip), controls: html("div", { class: "rp-controls" }, box) };
}

const theme = (box) => (getComputedStyle(box).getPropertyValue("--rp-theme").trim() === "dark" ? "dark" : "light");
const still = () => ({ select() {}, end() {}, remove() {}, move() {}, nudge() {} });

/** One neuron: its kink and its spike, either of which moves the other. */
function neuron(parent) {
  const row = [0.93, 0.25, 1.5];
  const handlers = {
    datum: still,
    spike: () => ({ ...still(), move: (place) => set(...place), nudge: (dx, dy) => set(row[0] + dx, row[1] + dy) }),
    kink: (_, turns) => keepsPlace(() => row, turns, (angle, offset) => set(angle, offset), still()),
  };
  const text = "A neuron is flat on one side of its kink and slopes on the other. Its spike, on the right, is the kink's angle and offset.";
  const parts = section(parent, "One neuron is one spike", text, handlers, handlers);
  const mass = slider(parts.controls, "mass", "Mass", { min: -5, max: 5, step: 0.05 }, (x) => ((row[2] = x), draw()), () => {});
  function set(angle, offset) {
    const turns = Math.round((row[0] - angle) / Math.PI);
    [row[0], row[1]] = [angle + turns * Math.PI, limit(turns % 2 ? -offset : offset, REACH)];
    draw();
  }
  function draw() {
    const network = { spikes: [row], activation: "relu", steepness: 1, skip: [0, 0], constant: 0 };
    const values = sampled(network, SAMPLES);
    const shown = { spikes: [row], data: [], selected: { kind: "neuron", index: 0 }, theme: theme(parts.box) };
    parts.plane.draw({ ...shown, values, n: SAMPLES, scale: freeScale(values) });
    parts.strip.draw({ ...shown, background: null });
    mass.show(row[2], digits(row[2]));
  }
  draw();
  return { draw, row };
}

/** A datum, the line that turns about it, and the curve of all lines through it. */
function datum(parent) {
  const data = [[0.4, 0.5, 0]];
  const looked = { angle: 0.6, datum: 0 };
  const line = () => lineThrough(looked.angle, data[looked.datum]);
  const turn = (angle) => {
    [looked.angle] = folded(angle, 0);
    draw();
  };
  const select = (k) => {
    looked.datum = k;
    draw();
  };
  const handlers = {
    spike: still,
    kink: still,
    turner: () => turnerOf(line, turn, still()),
    point: () => pointOf(line, turn, still()),
    datum: (k) => ({ ...still(), select: () => select(k), move: (place) => set(k, ...place), nudge: (dx, dy) => set(k, data[k][0] + dx, data[k][1] + dy) }),
  };
  const text =
    "Turn the line about the datum by its small square. Its angle and its offset change together, and its point on the right runs along a curve: " +
    "all lines through the datum. A kink runs through the datum when its spike lies on that curve.";
  const parts = section(parent, "A datum is a curve", text, handlers, handlers);
  button(parts.controls, "add-datum", "Add datum", "Add a datum", () => {
    if (data.length < 20) data.push([1.6 * Math.random() - 0.8, 1.6 * Math.random() - 0.8, 0]);
    draw();
  });
  function set(k, x1, x2) {
    [data[k][0], data[k][1]] = [limit(x1, 1), limit(x2, 1)];
    draw();
  }
  function draw() {
    const shown = { spikes: [], data, selected: { kind: "datum", index: looked.datum }, probe: line(), theme: theme(parts.box) };
    parts.plane.draw({ ...shown, values: new Float32Array(SAMPLES * SAMPLES), n: SAMPLES, scale: 1 });
    parts.strip.draw({ ...shown, background: null });
  }
  draw();
  return { draw, data, looked };
}

/** Discs, their sinogram, and the picture that grows from it angle by angle. */
function tomography(parent) {
  const sinogram = sinogramOfDiscs(DISCS, ANGLES, OFFSETS, -REACH, STEP);
  const filtered = rampFiltered(sinogram, ANGLES, OFFSETS, STEP);
  const state = { used: 90, shown: 90 };
  const handlers = { datum: still, spike: still, kink: still };
  const text = "A scanner measures sums along all lines: the sinogram on the right. Filtered, and smeared back along the lines, it gives the picture.";
  const parts = section(parent, "Backprojection", text, handlers, handlers);
  const angles = slider(parts.controls, "angles", "Angles", { min: 1, max: 90, step: 1 }, (n) => ((state.used = state.shown = n), draw()), () => {});
  let playing = null;
  button(parts.controls, "play", "▶ Play", "Add one angle after the other", () => {
    clearInterval(playing);
    state.shown = 0;
    playing = setInterval(() => {
      if (++state.shown >= state.used) clearInterval(playing);
      draw();
    }, 3000 / state.used);
  });
  function draw() {
    const values = backprojected(filtered, ANGLES, OFFSETS, -REACH, STEP, SAMPLES, state.used, state.shown);
    const shown = { spikes: [], data: [], selected: null, theme: theme(parts.box) };
    parts.plane.draw({ ...shown, values, n: SAMPLES, scale: 1 });
    const background = { values: sinogram, n: ANGLES, m: OFFSETS, scale: largest(sinogram), low: -REACH, high: REACH };
    parts.strip.draw({ ...shown, background });
    angles.show(state.used, String(state.used));
  }
  draw();
  return { draw, state };
}

/** Show the three sections. */
export function lecture(el) {
  const root = html("div", { class: "rp-root rp-static" }, el);
  html("h1", {}, root, "What the Radon transform sees");
  const parts = { neuron: neuron(root), datum: datum(root), tomography: tomography(root) };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => Object.values(parts).forEach((part) => part.draw()));
  el.radonLecture = parts;
}

lecture(document.querySelector("main"));
