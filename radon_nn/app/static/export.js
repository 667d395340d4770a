// What is taken away from the page: pictures.

const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity", "font-size", "font-family", "visibility"];

/** Panels side by side as one SVG, without any style sheet or file beside it. */
export function svgOf(panels) {
  const width = 480 * panels.length + 20 * (panels.length - 1);
  const parts = panels.map(({ canvas, svg }, k) => {
    const copy = svg.cloneNode(true);
    const [before, after] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
    before.forEach((element, i) => {
      const style = getComputedStyle(element);
      for (const name of STYLES) after[i].setAttribute(name, style.getPropertyValue(name));
      for (const name of ["class", "tabindex", "role", "aria-roledescription"]) after[i].removeAttribute(name);
    });
    const image = `<image width="480" height="480" href="${canvas.toDataURL()}"/>`;
    return `<g transform="translate(${500 * k} 0)">${image}${copy.innerHTML}</g>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="480" viewBox="0 0 ${width} 480">` +
    parts.join("") + "</svg>\n"
  );
}

/** The same as a PNG, twice as fine as the screen. */
export async function pngOf(panels) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svgOf(panels)], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * image.width, 2 * image.height];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Hand a file to the user. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
