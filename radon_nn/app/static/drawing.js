// Colours, SVG elements, and pictures of numbers on a canvas.

const MAPS = {
  // Blue, neutral, orange: told apart with every kind of colour blindness, and their lightness is the same on both sides.
  light: [[5, 80, 160], [120, 175, 220], [247, 247, 247], [240, 170, 95], [165, 75, 0]],
  dark: [[120, 190, 255], [45, 105, 165], [24, 26, 30], [165, 95, 25], [255, 175, 90]],
};

/** The colour of a number in [-1, 1] as [red, green, blue]. */
export function colour(number, theme) {
  const map = MAPS[theme];
  const place = 2 * (Math.max(-1, Math.min(1, number)) + 1);
  const k = Math.min(3, Math.floor(place));
  return map[k].map((low, c) => low + (place - k) * (map[k + 1][c] - low));
}

/** The largest modulus, by which colours are scaled; at least 1e-6, so that rounding errors of zero have no colour. */
export function largest(values) {
  let most = 1e-6;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** A scale of colours where no data fix one: it grows more slowly than the values, so that a larger mass shows. */
export function freeScale(values) {
  return Math.hypot(1, largest(values));
}

const LAST = 512; // colours of -1 to 1 are counted from 0 to here
const tables = {};

/** Colours of -1 to 1, and the stripes' of what goes beyond, as one whole number a pixel; bytes are in ImageData's order. */
function tableOf(theme) {
  if (!tables[theme]) {
    const colours = Array.from({ length: LAST + 1 }, (_, k) => [...colour((2 * k) / LAST - 1, theme), 255]);
    const bytes = Uint8ClampedArray.from([...colours, [...STRIPES[theme], 255]].flat());
    tables[theme] = new Uint32Array(bytes.buffer);
  }
  return tables[theme];
}

const STRIPES = { light: [255, 255, 255], dark: [0, 0, 0] };
const BEYOND = 1.005; // as PAYS: the certificate's largest modulus is 1 up to tolerances, which have no stripes

/**
 * Paint n x m numbers, the first index to the right and the second upwards, over the whole canvas; what was painted
 * last is not painted again. With `striped`, numbers beyond the scale have stripes.
 */
export function paint(canvas, values, n, m, scale, theme, striped = false) {
  const last = canvas.painted;
  if (last?.values === values && last.scale === scale && last.theme === theme && last.striped === striped) return;
  canvas.painted = { values, scale, theme, striped };
  canvas.small ??= document.createElement("canvas");
  const { small } = canvas;
  if (small.width !== n || small.height !== m || !small.picture) {
    [small.width, small.height, small.picture] = [n, m, new ImageData(n, m)];
  }
  const { picture } = small;
  const pixels = new Uint32Array(picture.data.buffer);
  const table = tableOf(theme);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const number = values[i * m + j] / scale;
      const stripe = striped && (i + j) % 6 < 2 && Math.abs(number) > BEYOND;
      const entry = number <= -1 ? 0 : number >= 1 ? LAST : Math.round((LAST / 2) * (number + 1));
      pixels[(m - 1 - j) * n + i] = table[stripe ? LAST + 1 : entry];
    }
  }
  small.getContext("2d").putImageData(picture, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

/** Leave a canvas in the neutral colour. */
export function clear(canvas, theme) {
  if (canvas.painted?.clear === theme) return;
  canvas.painted = { clear: theme };
  const context = canvas.getContext("2d");
  context.fillStyle = `rgb(${colour(0, theme).join(" ")})`;
  context.fillRect(0, 0, canvas.width, canvas.height);
}

/** An element of SVG with attributes. */
export function svg(name, attributes = {}, parent = null) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  set(element, attributes);
  if (parent) parent.append(element);
  return element;
}

/** An element of HTML with attributes and text. */
export function html(name, attributes = {}, parent = null, text = "") {
  const element = document.createElement(name);
  set(element, attributes);
  if (text) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

/** Set attributes; one that is null is taken away, and one that stays as it is does not make the browser draw anew. */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
}

/** Set an element's text; one that stays as it is does not make the browser lay the page out anew. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** As many elements as rows, made where they are missing and kept where they are not: focus and drags live on them. */
export function matched(group, count, make) {
  while (group.children.length > count) group.lastChild.remove();
  while (group.children.length < count) group.append(make(group.children.length));
  return [...group.children];
}

/** A number with about four digits, as people write it, with a minus sign in the place of a hyphen. */
export function digits(number) {
  if (!Number.isFinite(number)) return "unknown";
  if (number === 0) return "0";
  const size = Math.abs(number);
  const text = size < 1e-3 || size >= 1e5 ? number.toExponential(1) : String(Number(number.toPrecision(4)));
  return text.replaceAll("-", "−");
}

/** Run a task after those that wait; unlike a timer it has no least delay. */
export function soon(task) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    task();
  };
  port2.postMessage(0);
}
