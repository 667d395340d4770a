// The line that is looked at: in the plane with its angle and offset, on the strip as one point.
import { REACH, chord, folded, offsetOf } from "./mathematics.js";
import { digits, set, setText, svg } from "./drawing.js";
import { draggable, hidden } from "./panel.js";

const HANDLE = 0.42; // from the datum to the square that turns the line; the square's half side is 1
const ARC = 0.16;

/** The place of a line: {angle, offset, pivot: the datum [x1, x2] that it runs through or null, traced: up to which angle or null, F or null}. */
export function lineThrough(angle, [x1, x2]) {
  const [at] = folded(angle, 0);
  return { angle: at, offset: offsetOf(at, x1, x2), pivot: [x1, x2] };
}

/** In the plane: the line, its normal from the centre with angle and offset, and a square that turns it about a datum. */
export class PlaneProbe {
  constructor(panel, handlers) {
    this.panel = panel;
    this.group = svg("g", { "aria-hidden": "true" }, panel.layer("looked"));
    this.halo = svg("line", { class: "rp-halo" }, this.group);
    this.line = svg("line", { class: "rp-probe" }, this.group);
    this.normal = svg("path", { class: "rp-normal" }, this.group);
    this.texts = ["angle", "offset"].map((word) => {
      const text = svg("text", { "text-anchor": "middle" }, this.group);
      setText(text, word);
      return text;
    });
    this.turner = svg("rect", { width: 16, height: 16, class: "rp-turner" }, panel.layer("turners"));
    if (handlers.turner) draggable(this.turner, panel, handlers.turner());
    hidden(this.turner, true);
  }

  draw(probe) {
    const ends = probe && chord(probe.angle, probe.offset);
    hidden(this.group, !ends);
    hidden(this.turner, !ends || !probe.pivot);
    if (!ends) return;
    const { angle, offset, pivot } = probe;
    const { panel } = this;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const [[x1, y1], [x2, y2]] = [panel.at(ends[0], ends[1]), panel.at(ends[2], ends[3])];
    for (const line of [this.halo, this.line]) set(line, { x1, y1, x2, y2 });
    const centre = panel.at(0, 0).join(" ");
    const foot = panel.at(c * offset, s * offset).join(" ");
    const start = panel.at(ARC, 0);
    const radius = start[0] - panel.at(0, 0)[0];
    const arc = `M${start.join(" ")}A${radius} ${radius} 0 0 0 ${panel.at(ARC * c, ARC * s).join(" ")}`;
    // The arc goes from the first axis to where the line faces; the offset goes there, or back if it is negative.
    set(this.normal, { d: `M${centre}L${panel.at(1.5 * ARC, 0).join(" ")}M${centre}L${panel.at(1.5 * ARC * c, 1.5 * ARC * s).join(" ")}${arc}M${centre}L${foot}` });
    const places = [
      [1.9 * ARC * Math.cos(angle / 2), 1.9 * ARC * Math.sin(angle / 2)],
      [(c * offset) / 2 - 0.13 * s, (s * offset) / 2 + 0.13 * c],
    ];
    this.texts.forEach((text, k) => {
      const [x, y] = panel.at(...places[k]);
      set(text, { x, y: y + 4 });
      hidden(text, k === 1 && Math.abs(offset) < 0.15);
    });
    if (!pivot) return;
    const side = [1, -1].find((sign) => Math.max(Math.abs(pivot[0] - sign * HANDLE * s), Math.abs(pivot[1] + sign * HANDLE * c)) < 0.97) ?? 1;
    const [cx, cy] = panel.at(pivot[0] - side * HANDLE * s, pivot[1] + side * HANDLE * c);
    set(this.turner, { x: cx - 8, y: cy - 8, "aria-label": `line through the datum, angle ${digits(angle)}, offset ${digits(offset)}; arrow keys turn it` });
  }
}

/** On the strip: the line's point, with its angle and offset read off the axes, and the part of a curve it has traced. */
export class StripProbe {
  constructor(panel, handlers) {
    this.panel = panel;
    const layer = panel.layer("looked");
    this.guides = svg("path", { class: "rp-guides", "aria-hidden": "true" }, layer);
    this.trace = svg("path", { class: "rp-trace", "aria-hidden": "true" }, layer);
    this.ring = svg("circle", { r: 9, class: "rp-point" }, layer);
    this.text = svg("text", { x: 474, y: 36, "text-anchor": "end", "aria-hidden": "true" }, panel.layer("readout"));
    if (handlers.point) draggable(this.ring, panel, handlers.point());
    this.draw(null);
  }

  draw(probe) {
    for (const element of [this.guides, this.ring, this.text]) hidden(element, !probe);
    hidden(this.trace, !probe?.pivot || probe.traced == null);
    if (!probe) return;
    const { angle, offset, pivot, F = null } = probe;
    const [cx, cy] = this.panel.at(angle, offset);
    set(this.ring, {
      cx, cy, class: pivot ? "rp-point rp-grip" : "rp-point", tabindex: pivot ? 0 : -1,
      "aria-label": `point of the line, angle ${digits(angle)}, offset ${digits(offset)}; arrow keys turn the line`,
    });
    set(this.guides, { d: `M0 ${cy}L${cx} ${cy}L${cx} 480` });
    if (pivot && probe.traced != null) {
      const steps = Math.max(1, Math.ceil(probe.traced * 24));
      const places = Array.from({ length: steps + 1 }, (_, k) => {
        const at = (probe.traced * k) / steps;
        return this.panel.at(at, offsetOf(at, ...pivot)).map((x) => x.toFixed(1)).join(" ");
      });
      set(this.trace, { d: "M" + places.join("L") });
    }
    const words = `this line: angle ${angle.toFixed(2)}, offset ${offset.toFixed(2)}${F === null ? "" : `, F = ${F.toFixed(3)}`}`;
    setText(this.text, words.replaceAll("-", "−"));
  }
}

/** Handlers of the square in the plane: `line` gives the line, `turn` takes an angle. */
export function turnerOf(line, turn, common) {
  return {
    ...common,
    move: ([x1, x2]) => {
      const { pivot } = line();
      turn(Math.atan2(x2 - pivot[1], x1 - pivot[0]) + Math.PI / 2);
    },
    nudge: (dx, dy) => turn(line().angle + dx + dy),
  };
}

/** Handlers of the point on the strip, which stays on its datum's curve. */
export function pointOf(line, turn, common) {
  return {
    ...common,
    move: ([angle]) => turn(Math.max(0, Math.min(Math.PI - 1e-6, angle))),
    nudge: (dx, dy) => turn(line().angle + dx + dy),
  };
}

/** The datum whose curve passes nearest to a place of the strip, if it is within `reach` of it; null otherwise. */
export function curveAt(data, [angle, offset], reach) {
  const away = data.map(([x1, x2]) => Math.abs(offsetOf(angle, x1, x2) - offset));
  const k = away.indexOf(Math.min(...away));
  return k >= 0 && away[k] <= reach && Math.abs(offset) <= REACH ? k : null;
}
