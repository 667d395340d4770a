// The two small charts: R-TV against the decay, and what a new neuron on a line would save and cost.
import { PAYS } from "./certificates.js";
import { digits, matched, set, setText, svg } from "./drawing.js";

/** R-TV against the decay: a curve of points, and a line at the decay of now. */
export class Chart {
  constructor(parent) {
    this.svg = svg("svg", { viewBox: "0 0 480 150", class: "rp-chart", role: "img" }, parent);
    this.curve = svg("path", { class: "rp-curve" }, this.svg);
    this.points = svg("g", {}, this.svg);
    this.now = svg("line", { y1: 8, y2: 122, class: "rp-now" }, this.svg);
    this.labels = svg("g", { "aria-hidden": "true" }, this.svg);
  }

  /** Draw [decay, R-TV] pairs; until they are all there, no line joins the few that are. */
  draw(pairs, decay, whole) {
    const key = JSON.stringify([pairs, decay, whole]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.svg.classList.toggle("rp-growing", !whole);
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
      setText(label, text);
    });
    const words = sorted.map(([d, value]) => `${digits(value)} at ${digits(d)}`).join(", ");
    set(this.svg, { "aria-label": `R-TV against the decay: ${words || "not yet known"}` });
  }
}

const [WIDE, HIGH, FOOT] = [430, 116, 124]; // pixels of the curves, and where their lowest value lies

/**
 * What a neuron on a line saves in loss and costs in decay, against its mass: the picture of the certificate there.
 * With masses in units of decay / q and costs in units of decay^2 / q, where q is the square of the neuron's values,
 * the saving is F u - u^2 / 2 and the price |h + u| - |h|: h is the mass of a spike on that line, 0 without one.
 */
export class OfferChart {
  constructor(parent) {
    this.svg = svg("svg", { viewBox: "0 0 480 150", class: "rp-chart rp-offer", role: "img" }, parent);
    this.axes = svg("path", { class: "rp-frame" }, this.svg);
    this.profit = svg("path", { class: "rp-profit" }, this.svg);
    this.price = svg("path", { class: "rp-price" }, this.svg);
    this.saving = svg("path", { class: "rp-saving" }, this.svg);
    this.labels = svg("g", { "aria-hidden": "true" }, this.svg);
  }

  /** Draw an offer {F, unit, held, curved}: masses are given in units of `unit`. */
  draw({ F, unit, held, curved }) {
    const end = Math.max(1, 2.2 * (Math.abs(F) - 1));
    const most = Math.max(end, (F * F) / 2);
    const low = -0.35 * end;
    const at = (u, value) => [45 + (WIDE * (u / end + 1)) / 2, FOOT - (HIGH * (value - low)) / (most - low)];
    const saved = (u) => F * u - (curved ? (u * u) / 2 : 0);
    const paid = (u) => Math.abs(held + u) - Math.abs(held);
    const masses = Array.from({ length: 241 }, (_, k) => end * (k / 120 - 1));
    const joined = (places) => places.map((place) => place.map((x) => x.toFixed(1)).join(" ")).join("L");
    const path = (f) => "M" + joined(masses.filter((u) => f(u) >= low && f(u) <= most).map((u) => at(u, f(u))));
    set(this.axes, { d: `M${at(-end, 0).join(" ")}L${at(end, 0).join(" ")}M${at(0, low).join(" ")}L${at(0, most).join(" ")}` });
    [set(this.price, { d: path(paid) }), set(this.saving, { d: path(saved) })];
    const profit = masses.filter((u) => saved(u) > paid(u));
    const around = [...profit.map((u) => at(u, saved(u))), ...profit.reverse().map((u) => at(u, paid(u)))];
    set(this.profit, { d: around.length ? `M${joined(around)}Z` : "" });
    const side = F < 0 ? -1 : 1;
    const u = 0.72 * end * side;
    // Without a spike the price rises on both sides; that of a spike rises on one: there, before the line.
    const v = held ? 0.5 * end * Math.sign(held) : -u;
    const priceAnchor = !held ? "middle" : held > 0 ? "end" : "start";
    const texts = [
      [45, 140, digits(-end * unit), "start"], [at(0, 0)[0], 140, "0", "middle"], [345, 140, held ? "change of its mass" : "mass", "middle"], [474, 140, digits(end * unit), "end"],
      [at(v, 0)[0], Math.min(112, Math.max(12, at(v, paid(v))[1] - 10)), "price in decay", priceAnchor],
      [at(u, 0)[0], Math.min(118, at(u, saved(u))[1] + 16), "saved in loss", "middle"],
    ];
    matched(this.labels, texts.length, () => svg("text")).forEach((label, k) => {
      const [x, y, text, anchor] = texts[k];
      set(label, { x, y, "text-anchor": anchor });
      setText(label, text);
    });
    set(this.svg, { "aria-label": `A neuron on the purple line: F is ${digits(F)}; it ${Math.abs(F) > PAYS ? "saves more" : "saves no more"} than it costs` });
  }
}
