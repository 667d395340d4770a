// The two pictures: the plane with data and kinks, and the strip (angle, offset) with spikes and the data's curves.
import { REACH, chord, folded, offsetOf } from "./mathematics.js";
import { clear, colour, digits, html, matched, paint, set, svg } from "./drawing.js";

const PIXELS = 480;
const EDGE = 0.07; // radians that a spike's largest radius, 11 pixels, takes on the strip

/** A picture with axes: numbers on a canvas, and marks above it that can be dragged and have keys. */
export class Panel {
  constructor(parent, { name, x, y, ticksX, ticksY, labelX, labelY }) {
    Object.assign(this, { x, y, layers: {} });
    this.box = html("div", { class: "rp-panel" }, parent);
    this.canvas = html("canvas", { width: PIXELS, height: PIXELS, "aria-hidden": "true" }, this.box);
    this.svg = svg("svg", { viewBox: `0 0 ${PIXELS} ${PIXELS}`, role: "group", "aria-label": name }, this.box);
    this.axes(ticksX, ticksY, labelX, labelY);
  }

  /** A layer of marks, above those made before it. */
  layer(name) {
    this.layers[name] ??= svg("g", { class: `rp-${name}` }, this.svg);
    return this.layers[name];
  }

  /** Pixels of a place. */
  at(x, y) {
    const across = ((x - this.x[0]) / (this.x[1] - this.x[0])) * PIXELS;
    return [across, PIXELS - ((y - this.y[0]) / (this.y[1] - this.y[0])) * PIXELS];
  }

  /** The place under a pointer. */
  place(event) {
    const box = this.svg.getBoundingClientRect();
    return [
      this.x[0] + ((event.clientX - box.left) / box.width) * (this.x[1] - this.x[0]),
      this.y[1] - ((event.clientY - box.top) / box.height) * (this.y[1] - this.y[0]),
    ];
  }

  axes(ticksX, ticksY, labelX, labelY) {
    const group = svg("g", { class: "rp-axes", "aria-hidden": "true" }, this.svg);
    for (const [value, text] of ticksX) {
      const [px] = this.at(value, 0);
      svg("line", { x1: px, x2: px, y1: PIXELS - 5, y2: PIXELS }, group);
      svg("text", { x: Math.min(Math.max(px, 12), PIXELS - 12), y: PIXELS - 8, "text-anchor": "middle" }, group).textContent = text;
    }
    for (const [value, text] of ticksY) {
      const [, py] = this.at(0, value);
      svg("line", { x1: 0, x2: 5, y1: py, y2: py }, group);
      svg("text", { x: 8, y: py + 4 }, group).textContent = text;
    }
    svg("text", { x: PIXELS - 6, y: PIXELS - 22, "text-anchor": "end", class: "rp-axis" }, group).textContent = labelX;
    svg("text", { x: 6, y: 16, class: "rp-axis" }, group).textContent = labelY;
  }
}

/** A mark that pointers drag and keys move; `handlers` has start, move(dx...), end, remove, select. */
export function draggable(element, panel, handlers) {
  set(element, { tabindex: 0, role: "button", "aria-roledescription": "movable mark" });
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
    element.focus({ preventScroll: true });
    handlers.select();
    const move = (next) => handlers.move(panel.place(next));
    const end = () => {
      element.removeEventListener("pointermove", move);
      handlers.end();
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("lostpointercapture", end, { once: true });
  });
  element.addEventListener("focus", () => handlers.select());
  element.addEventListener("keydown", (event) => {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
    const size = event.shiftKey ? 0.1 : 0.01;
    if (event.key in arrows) handlers.nudge(...arrows[event.key].map((x) => x * size));
    else if (event.key === "Delete" || event.key === "Backspace") handlers.remove();
    else return;
    event.preventDefault();
    handlers.end();
  });
}

/**
 * Handlers of a kink's handles: its middle shifts it, the ring turns it about where its middle was when it was taken.
 * `row` gives [angle, offset, mass], `place` takes a new angle and offset, `common` has the other handlers.
 */
export function keepsPlace(row, turns, place, common) {
  let pivot = [0, 0];
  const turn = (angle) => place(angle, Math.cos(angle) * pivot[0] + Math.sin(angle) * pivot[1]);
  return {
    ...common,
    select: () => {
      const ends = chord(row()[0], row()[1]) ?? [0, 0, 0, 0];
      pivot = [(ends[0] + ends[2]) / 2, (ends[1] + ends[3]) / 2];
      common.select();
    },
    move: ([x1, x2]) => {
      const [angle] = row();
      if (!turns) return place(angle, Math.cos(angle) * x1 + Math.sin(angle) * x2);
      const way = Math.atan2(x2 - pivot[1], x1 - pivot[0]) + Math.PI / 2;
      return turn(way + Math.PI * Math.round((angle - way) / Math.PI));
    },
    nudge: (dx, dy) => (turns ? turn(row()[0] + dx + dy) : place(row()[0], row()[1] + dx + dy)),
  };
}

const hidden = (element, is) => set(element, { visibility: is ? "hidden" : null });

/** The plane: a picture of the function, kinks as lines, data as dots. */
export class Plane extends Panel {
  constructor(parent, handlers) {
    const ticks = [-1, -0.5, 0.5, 1].map((x) => [x, String(x).replace("-", "−")]);
    super(parent, {
      name: "The plane: the function as colours, kinks as lines, data as dots",
      x: [-1, 1], y: [-1, 1], ticksX: ticks, ticksY: ticks.slice(1, 3), labelX: "x₁", labelY: "x₂",
    });
    this.handlers = handlers;
    for (const name of ["segments", "kinks", "data"]) this.layer(name);
  }

  /** Draw: values on [-1, 1]^2 (n x n), spikes, data rows, what is selected, whether kinks can be dragged. */
  draw({ values, n, scale, spikes, data, segments, selected, theme }) {
    paint(this.canvas, values, n, n, scale, theme);
    this.segments(segments ?? []);
    const kinks = matched(this.layer("kinks"), segments ? 0 : spikes.length, (k) => this.kink(k));
    kinks.forEach((group, k) => {
      const [angle, offset, mass] = spikes[k];
      const ends = chord(angle, offset);
      hidden(group, !ends);
      if (!ends) return;
      const [x1, y1] = this.at(ends[0], ends[1]);
      const [x2, y2] = this.at(ends[2], ends[3]);
      for (const line of group.querySelectorAll("line")) set(line, { x1, y1, x2, y2 });
      const [cx, cy] = [(x1 + x2) / 2, (y1 + y2) / 2];
      set(group.querySelector(".rp-shift"), { cx, cy });
      set(group.querySelector(".rp-turn"), { cx: x1 + 0.12 * (x2 - x1), cy: y1 + 0.12 * (y2 - y1) });
      const chosen = selected?.kind === "neuron" && selected.index === k;
      set(group, { class: `rp-kink ${mass < 0 ? "rp-minus" : "rp-plus"} ${chosen ? "rp-chosen" : ""}` });
      const at = folded(angle, offset);
      const what = `kink ${k + 1}, angle ${digits(at[0])}, offset ${digits(at[1])}, mass ${digits(mass)}`;
      set(group.querySelector(".rp-shift"), { "aria-label": `${what}; arrow keys shift it, Delete removes it` });
      set(group.querySelector(".rp-turn"), { "aria-label": `${what}; arrow keys turn it` });
    });
    const dots = matched(this.layer("data"), data.length, (k) => this.datum(k));
    dots.forEach((group, k) => {
      const [x1, x2, value] = data[k];
      const [cx, cy] = this.at(x1, x2);
      set(group, {
        transform: `translate(${cx} ${cy})`,
        class: `rp-datum ${selected?.kind === "datum" && selected.index === k ? "rp-chosen" : ""}`,
        "aria-label": `datum ${k + 1} at ${digits(x1)}, ${digits(x2)}, value ${digits(value)}; arrow keys move it, Delete removes it`,
      });
      set(group.lastChild, { fill: `rgb(${colour(value / scale, theme).map(Math.round).join(",")})` });
    });
  }

  segments(rows) {
    const lines = matched(this.layer("segments"), rows.length, () => svg("line"));
    lines.forEach((line, k) => {
      const [x1, y1] = this.at(rows[k][0], rows[k][1]);
      const [x2, y2] = this.at(rows[k][2], rows[k][3]);
      set(line, { x1, y1, x2, y2, class: rows[k][4] < 0 ? "rp-minus" : "rp-plus" });
    });
  }

  kink(k) {
    const group = svg("g");
    svg("line", { class: "rp-halo" }, group);
    svg("line", { class: "rp-line" }, group);
    for (const [name, r] of [["shift", 7], ["turn", 7]]) {
      const handle = svg("circle", { r, class: `rp-${name}` }, group);
      draggable(handle, this, this.handlers.kink(k, name === "turn"));
    }
    return group;
  }

  datum(k) {
    const group = svg("g");
    svg("circle", { r: 16, class: "rp-reach" }, group);
    svg("circle", { r: 7, class: "rp-dot" }, group);
    draggable(group, this, this.handlers.datum(k));
    return group;
  }
}

/** The strip: angles of lines to the right, offsets upwards; spikes are dots, data are curves. */
export class Strip extends Panel {
  constructor(parent, handlers) {
    super(parent, {
      name: "The strip of all lines: angle to the right, offset upwards; spikes as dots, data as curves",
      x: [0, Math.PI], y: [-REACH, REACH], labelX: "angle the line faces (its normal)", labelY: "offset: the line’s distance from 0, with sign",
      ticksX: [[0, "0"], [Math.PI / 4, "π/4"], [Math.PI / 2, "π/2"], [(3 * Math.PI) / 4, "3π/4"], [Math.PI, "π"]],
      ticksY: [-1, 0, 1].map((x) => [x, String(x).replace("-", "−")]),
    });
    Object.assign(this, { handlers, curves: new Map() });
    for (const name of ["curves", "spikes"]) this.layer(name);
  }

  /** Draw: the background (values, n, m, scale, low, high of the offsets) or null, spikes, data, what is selected. */
  draw({ background, spikes, data, selected, theme }) {
    if (background) this.fill(background, theme);
    else clear(this.canvas, theme);
    const curves = matched(this.layer("curves"), data.length, () => svg("path"));
    curves.forEach((path, k) => {
      const chosen = selected?.kind === "datum" && selected.index === k;
      set(path, { d: this.curve(data[k][0], data[k][1]), class: chosen ? "rp-chosen" : null });
    });
    const dots = matched(this.layer("spikes"), spikes.length, (k) => this.spike(k));
    dots.forEach((group, k) => {
      const [angle, offset, mass] = spikes[k];
      const at = folded(angle, offset);
      const [cx, cy] = this.at(...at);
      const r = 4 + 7 * Math.sqrt(Math.min(1, Math.abs(mass) / 5)); // 5: the end of the slider
      const shape = mass < 0 ? `M0 ${-r}L${r} 0L0 ${r}L${-r} 0Z` : `M0 ${-r}A${r} ${r} 0 1 1 0 ${r}A${r} ${r} 0 1 1 0 ${-r}Z`;
      set(group.lastChild, { d: shape });
      // Angle 0 and angle pi are the same lines: a spike near either edge is drawn at the other one, too.
      const side = at[0] < EDGE ? 1 : at[0] > Math.PI - EDGE ? -1 : 0;
      const [tx, ty] = this.at(at[0] + side * Math.PI, -at[1]);
      set(group.children[1], { d: side ? shape : "", transform: `translate(${tx - cx} ${ty - cy})` });
      const chosen = selected?.kind === "neuron" && selected.index === k;
      set(group, {
        transform: `translate(${cx} ${cy})`,
        class: `rp-spike ${mass < 0 ? "rp-minus" : "rp-plus"} ${chosen ? "rp-chosen" : ""}`,
        "aria-label": `spike ${k + 1}, angle ${digits(at[0])}, offset ${digits(at[1])}, mass ${digits(mass)}; arrow keys move it, Delete removes it`,
      });
    });
  }

  /** The path of a datum's curve; that of a datum that has not moved is not made anew. */
  curve(x1, x2) {
    const key = `${x1} ${x2}`;
    if (this.curves.size > 1000) this.curves.clear();
    if (!this.curves.has(key)) {
      const points = Array.from({ length: 73 }, (_, i) => {
        const angle = (Math.PI * i) / 72;
        return this.at(angle, offsetOf(angle, x1, x2)).map((x) => x.toFixed(1)).join(" ");
      });
      this.curves.set(key, "M" + points.join("L"));
    }
    return this.curves.get(key);
  }

  /** Paint a background whose offsets go from low to high, cut to those of the strip. */
  fill({ values, n, m, scale, low, high }, theme) {
    const step = (high - low) / (m - 1);
    const first = Math.max(0, Math.round((-REACH - low) / step));
    const last = Math.min(m - 1, Math.round((REACH - low) / step));
    const rows = last - first + 1;
    const cut = new Float32Array(n * rows);
    for (let i = 0; i < n; i++) cut.set(values.subarray(i * m + first, i * m + last + 1), i * rows);
    paint(this.canvas, cut, n, rows, scale, theme);
  }

  spike(k) {
    const group = svg("g");
    svg("circle", { r: 14, class: "rp-reach" }, group);
    for (let copy = 0; copy < 2; copy++) svg("path", { class: "rp-dot" }, group);
    draggable(group, this, this.handlers.spike(k));
    return group;
  }
}

/** R-TV against the decay: a curve of points, and a line at the decay of now. */
export class Chart {
  constructor(parent) {
    this.svg = svg("svg", { viewBox: "0 0 480 150", class: "rp-chart", role: "img" }, parent);
    this.curve = svg("path", { class: "rp-curve" }, this.svg);
    this.points = svg("g", {}, this.svg);
    this.now = svg("line", { y1: 8, y2: 122, class: "rp-now" }, this.svg);
    this.labels = svg("g", { "aria-hidden": "true" }, this.svg);
  }

  /** Draw [decay, R-TV] pairs. */
  draw(pairs, decay) {
    const sorted = [...pairs].sort((a, b) => a[0] - b[0]);
    const [low, high] = [Math.log(1e-4), Math.log(10)];
    const across = (d) => 50 + (420 * (Math.log(d) - low)) / (high - low);
    const most = Math.max(1, ...sorted.map((pair) => pair[1]));
    const up = (value) => 122 - (110 * value) / most;
    const places = sorted.map(([d, value]) => [across(d).toFixed(1), up(value).toFixed(1)]);
    set(this.curve, { d: places.length ? "M" + places.map((p) => p.join(" ")).join("L") : "" });
    matched(this.points, places.length, () => svg("circle", { r: 3 })).forEach((dot, k) => {
      set(dot, { cx: places[k][0], cy: places[k][1] });
    });
    set(this.now, { x1: across(decay), x2: across(decay) });
    const texts = [[50, 140, "10⁻⁴"], [across(1e-2), 140, "10⁻²"], [across(1), 140, "1"], [468, 140, "decay"], [44, 16, digits(most)], [44, 126, "0"]];
    matched(this.labels, texts.length, () => svg("text")).forEach((label, k) => {
      const [x, y, text] = texts[k];
      set(label, { x, y, "text-anchor": x < 50 || k === 3 ? "end" : "middle" });
      label.textContent = text;
    });
    const words = sorted.map(([d, value]) => `${digits(value)} at ${digits(d)}`).join(", ");
    set(this.svg, { "aria-label": `R-TV against the decay: ${words || "not yet known"}` });
  }
}
