// The two pictures: the plane with data and kinks, and the strip (angle, offset) with spikes and the data's curves.
import { REACH, chord, folded, offsetOf } from "./mathematics.js";
import { clear, colour, digits, matched, paint, set, setText, svg } from "./drawing.js";
import { Panel, draggable, hidden } from "./panel.js";
import { PlaneProbe, StripProbe } from "./probe.js";

const EDGE = 0.07; // radians that a spike's largest radius, 11 pixels, takes on the strip

/** The plane: a picture of the function, kinks as lines, data as dots. */
export class Plane extends Panel {
  constructor(parent, handlers) {
    const ticks = [-1, -0.5, 0.5, 1].map((x) => [x, String(x).replace("-", "−")]);
    super(parent, {
      name: "The plane: the function as colours, kinks as lines, data as dots",
      x: [-1, 1], y: [-1, 1], ticksX: ticks, ticksY: ticks.slice(1, 3), labelX: "x₁", labelY: "x₂",
    });
    this.handlers = handlers;
    for (const name of ["segments", "looked", "kinks", "data", "turners"]) this.layer(name);
    this.probe = new PlaneProbe(this, handlers);
  }

  /** Draw: values on [-1, 1]^2 (n x n), spikes, data rows, what is selected, the line that is looked at, a lit datum. */
  draw({ values, n, scale, spikes, data, segments, selected, probe = null, lit = null, theme }) {
    paint(this.canvas, values, n, n, scale, theme);
    this.probe.draw(probe);
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
      set(group.querySelector(".rp-turn"), { x: x1 + 0.12 * (x2 - x1) - 7, y: y1 + 0.12 * (y2 - y1) - 7 });
      const chosen = selected?.kind === "neuron" && selected.index === k;
      set(group, { class: `rp-kink ${mass < 0 ? "rp-minus" : "rp-plus"} ${chosen ? "rp-chosen" : ""} ${probe?.spike === k ? "rp-lit" : ""}` });
      const at = folded(angle, offset);
      const what = `kink ${k + 1}, angle ${digits(at[0])}, offset ${digits(at[1])}, mass ${digits(mass)}`;
      set(group.querySelector(".rp-shift"), { "aria-label": `${what}; arrow keys shift it, Delete removes it` });
      set(group.querySelector(".rp-turn"), { "aria-label": `${what}; arrow keys turn it` });
    });
    const dots = matched(this.layer("data"), data.length, (k) => this.datum(k));
    dots.forEach((group, k) => {
      const [x1, x2, value] = data[k];
      if (group.row?.some((x, i) => x !== data[k][i]) ?? true) {
        group.row = data[k];
        const [cx, cy] = this.at(x1, x2);
        const label = `datum ${k + 1} at ${digits(x1)}, ${digits(x2)}, value ${digits(value)}; arrow keys move it, Delete removes it`;
        set(group, { transform: `translate(${cx} ${cy})`, "aria-label": label });
      }
      set(group, { class: `rp-datum ${(selected?.kind === "datum" && selected.index === k) || lit === k ? "rp-chosen" : ""}` });
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
    const shift = svg("circle", { r: 7, class: "rp-shift" }, group);
    draggable(shift, this, this.handlers.kink(k, false));
    const turn = svg("rect", { width: 14, height: 14, class: "rp-turn" }, group);
    draggable(turn, this, this.handlers.kink(k, true));
    return group;
  }

  datum(k) {
    const group = svg("g");
    svg("circle", { r: 16, class: "rp-reach" }, group);
    svg("circle", { r: 7, class: "rp-dot" }, group);
    draggable(group, this, this.handlers.datum(k));
    group.addEventListener("pointerenter", () => this.handlers.light?.(k));
    group.addEventListener("pointerleave", () => this.handlers.light?.(null));
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
    for (const name of ["curves", "looked", "spikes", "heights", "readout"]) this.layer(name);
    this.probe = new StripProbe(this, handlers);
    this.svg.addEventListener("pointermove", (event) => event.buttons || handlers.hover?.(this.place(event)));
    this.svg.addEventListener("pointerleave", () => handlers.hover?.(null));
  }

  /**
   * Draw: the background (values, n, m, scale, low, high of the offsets, striped) or null, spikes, data, what is selected,
   * the line that is looked at, a lit datum, and the certificate's heights at the spikes.
   */
  draw({ background, spikes, data, selected, probe = null, lit = null, heights = null, theme }) {
    this.probe.draw(probe);
    if (background) this.fill(background, theme);
    else clear(this.canvas, theme);
    const curves = matched(this.layer("curves"), data.length, () => svg("path"));
    curves.forEach((path, k) => {
      const chosen = (selected?.kind === "datum" && selected.index === k) || lit === k;
      set(path, { d: this.curve(data[k][0], data[k][1]), class: chosen ? `rp-chosen ${probe?.traced != null ? "rp-thin" : ""}` : null });
    });
    this.heights(spikes, heights);
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

  /** Write the certificate's heights beside the spikes. */
  heights(spikes, heights) {
    const texts = matched(this.layer("heights"), heights?.length ?? 0, () => svg("text"));
    texts.forEach((text, k) => {
      const [x, y] = this.at(...folded(spikes[k][0], spikes[k][1]));
      const left = x > 420;
      set(text, { x: left ? x - 14 : x + 14, y: y + 5, "text-anchor": left ? "end" : "start" });
      setText(text, heights[k].toFixed(2).replace("-", "−"));
    });
  }

  /** The path of a datum's curve; that of a datum that has not moved is not made anew. */
  curve(x1, x2) {
    const key = `${x1} ${x2}`;
    if (this.curves.size > 1000) this.curves.clear();
    if (!this.curves.has(key)) {
      // Between 40 intervals a chord of the steepest curve, 230 pixels high, stays within 0.2 pixels of it.
      const points = Array.from({ length: 41 }, (_, i) => {
        const angle = (Math.PI * i) / 40;
        return this.at(angle, offsetOf(angle, x1, x2)).map((x) => x.toFixed(1)).join(" ");
      });
      this.curves.set(key, "M" + points.join("L"));
    }
    return this.curves.get(key);
  }

  /** Paint a background whose offsets go from low to high, cut to those of the strip. */
  fill({ values, n, m, scale, low, high, striped = false }, theme) {
    const step = (high - low) / (m - 1);
    const first = Math.max(0, Math.round((-REACH - low) / step));
    const last = Math.min(m - 1, Math.round((REACH - low) / step));
    const rows = last - first + 1;
    if (this.cutOf !== values) {
      [this.cutOf, this.cut] = [values, new Float32Array(n * rows)];
      for (let i = 0; i < n; i++) this.cut.set(values.subarray(i * m + first, i * m + last + 1), i * rows);
    }
    paint(this.canvas, this.cut, n, rows, scale, theme, striped);
  }

  spike(k) {
    const group = svg("g");
    svg("circle", { r: 14, class: "rp-reach" }, group);
    for (let copy = 0; copy < 2; copy++) svg("path", { class: "rp-dot" }, group);
    draggable(group, this, this.handlers.spike(k));
    return group;
  }
}
