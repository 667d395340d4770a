// A picture with axes on a canvas, and marks above it that pointers drag and keys move.
import { chord } from "./mathematics.js";
import { html, set, svg } from "./drawing.js";

const PIXELS = 480;

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
 * Handlers of a kink's handles: its middle shifts it, the square turns it about where its middle was when it was taken.
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

/** Hide an element, or show it again. */
export const hidden = (element, is) => set(element, { visibility: is ? "hidden" : null });
