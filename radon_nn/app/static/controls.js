// The page's controls: native ones, each with a label, so that keyboards and screen readers know them.
import { digits, html, paint, set, setText } from "./drawing.js";

const LEGEND =
  "Left: colours are values (orange above zero, blue below), circles data, lines kinks (dashed: bending down); " +
  "a small square turns its line. Right: spikes are kinks (dot up, diamond down; larger: sharper), curves data.";

/** A slider with a label, perhaps a tooltip, and its value in words: {box, input, show(value, words)}. */
export function slider(parent, name, label, { min, max, step, title = null }, changed, ended) {
  const box = html("label", { class: "rp-slider" }, parent);
  set(box, { title });
  html("span", {}, box, label);
  const input = html("input", { type: "range", name, min, max, step, "aria-label": label }, box);
  const output = html("output", {}, box);
  input.addEventListener("input", () => changed(Number(input.value)));
  input.addEventListener("change", ended);
  const show = (value, words) => {
    if (Math.abs(Number(input.value) - value) > step / 2) input.value = value;
    setText(output, words);
    set(input, { "aria-valuetext": words });
  };
  return { box, input, show };
}

/** A menu with a label. */
export function menu(parent, name, label, options, changed) {
  const box = html("label", { class: "rp-menu" }, parent);
  html("span", {}, box, label);
  const select = html("select", { name, "aria-label": label }, box);
  for (const [value, text] of options) html("option", { value }, select, text);
  select.addEventListener("change", () => changed(select.value));
  return { box, select };
}

/** A button. */
export function button(parent, name, text, title, pressed) {
  const element = html("button", { type: "button", name, title }, parent, text);
  element.addEventListener("click", pressed);
  return element;
}

const [STEPS, OVER] = [93, 1.15]; // of the scale's colours; it shows a little of what lies beyond its ends

/** A scale of colours from -end to end, with a mark: {box, show(end, striped, mark or null, theme)}. */
export function colourScale(parent) {
  const box = html("div", { class: "rp-scale", role: "img" }, parent);
  const canvas = html("canvas", { width: 186, height: 12 }, box);
  const mark = html("span", { class: "rp-mark" }, box, "▲");
  const ends = html("div", {}, box);
  const texts = ["start", "middle", "end"].map((name) => html("span", { class: `rp-${name}` }, ends));
  const ramp = Float32Array.from({ length: STEPS }, (_, k) => OVER * ((2 * k) / (STEPS - 1) - 1));
  const show = (end, striped, at, theme) => {
    paint(canvas, ramp, STEPS, 1, 1, theme, striped);
    const number = digits(Number(end.toPrecision(2)));
    [`−${number}`, "0", end === 1 ? "+1" : number].forEach((text, k) => setText(texts[k], text));
    mark.hidden = at === null;
    if (at !== null) mark.style.left = `${50 + (50 / OVER) * Math.max(-OVER, Math.min(OVER, at / end))}%`;
    set(box, { "aria-label": `colours from minus ${number}, blue, over 0 to ${number}, orange${striped ? "; beyond, stripes" : ""}` });
  };
  return { box, show };
}

/** The frame of the page, empty; keys that it uses are no shortcuts of JupyterLab. */
export function frame(el) {
  const root = html("div", { class: "rp-root", tabindex: -1, "data-lm-suppress-shortcuts": "true" }, el);
  const head = html("header", {}, root);
  html("h1", {}, head, "Radon playground");
  const presets = html("div", { class: "rp-presets" }, head);
  const tools = html("div", { class: "rp-tools" }, head);
  const left = html("section", { class: "rp-left" }, root);
  const middle = html("section", { class: "rp-middle" }, root);
  const side = html("section", { class: "rp-side" }, root);
  const text = html("p", { class: "rp-text" }, side);
  const controls = html("div", { class: "rp-controls" }, side);
  const foot = html("footer", {}, root);
  const said = html("div", { class: "rp-said" }, foot);
  const words = html("div", { class: "rp-words", role: "status", "aria-live": "polite" }, said);
  html("p", { class: "rp-legend" }, said, LEGEND);
  const chart = html("figure", {}, foot);
  html("figcaption", {}, chart, "Total bend (R-TV) of the best network against the decay (click to choose a decay)");
  const offer = html("figure", { hidden: "" }, foot);
  const offerText = html("figcaption", {}, offer);
  return { root, presets, tools, left, middle, side, text, controls, words, chart, offer, offerText };
}

/** A dialog with text to copy. */
export function showText(root, title, content) {
  const dialog = html("dialog", { class: "rp-dialog", "aria-label": title }, root);
  html("h2", {}, dialog, title);
  const area = html("textarea", { readonly: "", rows: 14, cols: 76, "aria-label": title }, dialog);
  area.value = content;
  const row = html("div", {}, dialog);
  button(row, "copy", "Copy", "Copy the text", async () => {
    area.select();
    try {
      await navigator.clipboard.writeText(content);
    } catch {
      document.execCommand("copy");
    }
  });
  button(row, "close", "Close", "Close", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  area.select();
}
