// The page's parts and what their controls do to the playground; `app` is the object of playground.js.
import { ACTIVATIONS, REACH, clamp } from "./mathematics.js";
import { PAYS, isBest } from "./certificates.js";
import { digits, html, set, setText } from "./drawing.js";
import { encoded, pythonLines } from "./state.js";
import { Chart, OfferChart } from "./charts.js";
import { keepsPlace } from "./panel.js";
import { Plane, Strip } from "./panels.js";
import { download, pngOf, svgOf } from "./export.js";
import { button, colourScale, frame, menu, showText, slider } from "./controls.js";
import { offerWords, paragraphs } from "./words.js";

/** Build the page into the element. */
export function build(app, el) {
  const parts = frame(el);
  app.parts = parts;
  const presets = menu(parts.presets, "preset", "Lesson", [["", "…"]], (name) => app.choose(name));
  app.presetMenu = presets.select;
  buildTools(app, parts);
  app.plane = new Plane(parts.left, handlersOf(app));
  app.strip = new Strip(parts.middle, handlersOf(app));
  buildViews(app, parts);
  buildControls(app, parts);
  app.chart = new Chart(parts.chart);
  app.offerChart = new OfferChart(parts.offer);
  app.chart.svg.addEventListener("click", (event) => {
    const box = app.chart.svg.getBoundingClientRect();
    const across = ((event.clientX - box.left) / box.width) * 480;
    app.state.decay = 10 ** Math.max(-4, Math.min(1, -4 + (5 * (across - 50)) / 420));
    app.ended();
  });
  app.plane.svg.addEventListener("dblclick", (event) => {
    if (event.target.closest("[role=button]") || app.state.view === "slice") return;
    app.add(app.state.mode === "data" ? "datum" : "neuron", app.plane.place(event));
  });
  app.strip.svg.addEventListener("dblclick", (event) => {
    if (event.target.closest(".rp-spike") || app.state.mode !== "network" || app.state.view === "slice") return;
    const [angle, offset] = app.strip.place(event);
    const line = [angle, clamp(offset, REACH)];
    if (app.improves()) app.improve(line);
    else app.add("neuron", null, line);
  });
  parts.root.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    app.step(!event.shiftKey);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => app.redraw());
}

/** What the marks of the pictures do. */
function handlersOf(app) {
  const common = (kind, k) => ({ select: () => app.select(kind, k), end: () => app.ended(), remove: () => app.remove() });
  const spikeOf = (k) => app.network().spikes[k];
  return {
    datum: (k) => ({
      ...common("datum", k),
      select: () => {
        app.looking.begin(k);
        app.select("datum", k);
      },
      move: (place) => app.moveDatum(k, place),
      nudge: (dx, dy) => app.moveDatum(k, [app.state.data[k][0] + dx, app.state.data[k][1] + dy]),
    }),
    spike: (k) => ({
      ...common("neuron", k),
      // From here on the line is that of the spike, not of where the pointer was.
      select: () => {
        app.looking.pointed = null;
        app.select("neuron", k);
      },
      move: ([angle, offset]) => app.moveNeuron(k, clamp(angle - Math.PI / 2, Math.PI / 2) + Math.PI / 2, offset),
      nudge: (dx, dy) => app.moveNeuron(k, spikeOf(k)[0] + dx, spikeOf(k)[1] + dy),
    }),
    ...app.looking.handlers(),
    kink: (k, turns) => keepsPlace(() => spikeOf(k), turns, (angle, offset) => app.moveNeuron(k, angle, offset), common("neuron", k)),
  };
}

function buildTools(app, { tools, root }) {
  button(tools, "undo", "Undo", "Undo (Ctrl Z)", () => app.step(true));
  button(tools, "redo", "Redo", "Redo (Ctrl Shift Z)", () => app.step(false));
  const panels = () => [app.plane, app.strip];
  button(tools, "png", "PNG", "Save both pictures as PNG", async () => download(await pngOf(panels()), "playground.png"));
  button(tools, "svg", "SVG", "Save both pictures as SVG", () => {
    download(new Blob([svgOf(panels())], { type: "image/svg+xml" }), "playground.svg");
  });
  button(tools, "python", "Python", "Python lines that make what is shown", () => {
    showText(root, "Python lines that make what is shown", pythonLines(app.state));
  });
  // In a notebook the address is that of the notebook, which knows of no playground.
  if (app.model.hasLinks) button(tools, "link", "Link", "A link to what is shown", () => {
    const address = new URL(location.href);
    address.hash = encoded(app.state);
    showText(root, "A link to what is shown, for this server", address.href);
  });
  button(tools, "theme", "Dark / light", "Switch between dark and light", () => {
    root.dataset.theme = app.theme() === "dark" ? "light" : "dark";
    app.redraw();
  });
}

function buildViews(app, { left, middle }) {
  const under = html("div", { class: "rp-under" }, left);
  const views = [["function", "function"], ["backprojection", "backprojection"], ["slice", "slice of the file"]];
  app.viewMenu = menu(under, "view", "Plane", views, (view) => {
    app.state.view = view;
    app.pause();
    app.ended();
  }).select;
  app.anglesSlider = slider(under, "angles", "angles", { min: 1, max: 90, step: 1 }, (angles) => {
    app.state.angles = angles;
    app.changed();
  }, () => app.ended());
  app.playButton = button(under, "play", "▶ Play", "Add one angle after the other", () => app.play());
  app.turnButton = button(under, "turn", "", "Turn the purple line about the datum, and see its curve drawn", () => app.looking.play());
  const backgrounds = [
    ["none", "none"], ["sinogram", "sinogram"], ["filtered", "filtered sinogram"], ["certificate", "certificate"],
  ];
  const row = html("div", { class: "rp-under" }, middle);
  app.backgroundMenu = menu(row, "background", "Background", backgrounds, (background) => {
    app.state.background = background;
    app.ended();
  }).select;
  app.scale = colourScale(row);
}

function buildControls(app, { side, controls }) {
  app.sliceBox = html("div", { class: "rp-controls" }, side);
  const modes = [["data", "the best network"], ["network", "a network by hand"]];
  app.modeMenu = menu(controls, "mode", "Shown", modes, (mode) => {
    if (mode === "network") app.byHand("You chose so");
    else app.state.mode = "data";
    app.selected = null;
    app.ended();
  }).select;
  const end = () => app.ended();
  const scale = { min: -4, max: 1, step: 0.02 };
  app.decaySlider = slider(controls, "decay", "Decay", scale, (x) => app.change("decay", 10 ** x), end);
  app.noiseSlider = slider(controls, "noise", "Noise", { min: 0, max: 1, step: 0.01 }, (x) => app.change("noise", x), end);
  app.valueSlider = slider(controls, "value", "Value", { min: -3, max: 3, step: 0.01 }, (value) => {
    if (app.selected?.kind === "datum") app.state.data[app.selected.index][2] = value;
    app.changed();
  }, end);
  app.massSlider = slider(controls, "mass", "Mass", { min: -5, max: 5, step: 0.05, title: "how sharply it bends; negative: down" }, (mass) => {
    if (app.selected?.kind === "neuron") {
      app.byHand("You changed a mass");
      app.state.neurons[app.selected.index][2] = mass;
    }
    app.changed();
  }, end);
  const names = Object.keys(ACTIVATIONS).map((name) => [name, name.replace("_", " ")]);
  app.activationMenu = menu(controls, "activation", "Activation", names, (name) => {
    app.byHand("Another activation is for networks by hand; the best network is one of ReLU");
    app.change("activation", name);
    app.ended();
  }).select;
  app.steepSlider = slider(controls, "steepness", "Steepness", { min: 1, max: 20, step: 0.5 }, (x) => app.change("steepness", x), end);
  const row = html("div", { class: "rp-buttons" }, controls);
  app.datumButton = button(row, "add-datum", "Add datum", "", () => app.add("datum"));
  app.neuronButton = button(row, "add-neuron", "Add neuron", "", () => app.add("neuron"));
  app.improveButton = button(row, "improve", "", "", () => app.improve());
  app.removeButton = button(row, "remove", "Remove", "Remove what is selected (Delete)", () => app.remove());
  app.noiseButton = button(row, "new-noise", "New noise", "Draw the noise anew", () => app.newNoise());
}

/** Choose an entry of a menu; to choose it again would make the browser lay the page out anew. */
function choose(menu, value) {
  if (menu.value !== value) menu.value = value;
}

/** Bring the controls up to the state. */
export function showControls(app, { background, offered, probe, theme }) {
  const { state, selected } = app;
  const handmade = state.mode === "network";
  choose(app.modeMenu, state.mode);
  choose(app.viewMenu, state.view);
  choose(app.backgroundMenu, state.background);
  choose(app.activationMenu, handmade ? state.activation : "relu");
  app.decaySlider.show(Math.log10(state.decay), digits(state.decay));
  app.noiseSlider.show(state.noise, digits(state.noise));
  const grows = app.shown < state.angles;
  app.anglesSlider.show(state.angles, grows ? `${app.shown} of ${state.angles}` : String(state.angles));
  app.steepSlider.show(state.steepness, digits(state.steepness));
  const datum = selected?.kind === "datum" ? state.data[selected.index] : null;
  const neuron = selected?.kind === "neuron" ? app.network()?.spikes[selected.index] : null;
  app.valueSlider.box.hidden = !datum;
  if (datum) app.valueSlider.show(datum[2], digits(datum[2]));
  app.massSlider.box.hidden = !neuron;
  if (neuron) {
    // The range grows with the largest mass, and does not shrink under the pointer that makes a mass smaller.
    app.massReach = Math.max(app.massReach, Math.ceil(Math.abs(neuron[2])));
    set(app.massSlider.input, { min: -app.massReach, max: app.massReach });
    app.massSlider.show(neuron[2], digits(neuron[2]));
  }
  app.steepSlider.box.hidden = !handmade || ["relu", "leaky_relu 0.2", "abs"].includes(state.activation);
  // Without data nothing has a loss, and neither decay nor noise matters to a network drawn by hand.
  const idle = handmade && !state.data.length;
  for (const control of [app.decaySlider.input, app.noiseSlider.input, app.noiseButton]) control.disabled = idle;
  set(app.datumButton, { title: handmade ? "Add a datum at random" : "Add a datum (double click on the plane)" });
  set(app.neuronButton, { title: handmade ? "Add a neuron (double click on the plane, or on the strip)" : "Add a neuron by hand" });
  app.removeButton.disabled = !datum && !neuron;
  const turning = state.view === "backprojection";
  [app.anglesSlider.box.hidden, app.playButton.hidden] = [!turning, !turning];
  const slicing = state.view === "slice";
  [app.sliceBox.hidden, app.parts.controls.hidden] = [!slicing, slicing];
  app.backgroundMenu.disabled = slicing;
  showLesson(app, slicing);
  app.turnButton.hidden = slicing || turning || !state.data.length;
  setText(app.turnButton, app.looking.turning === null ? "⟳ Turn a line about a datum" : "◼ Stop");
  app.scale.box.hidden = !background;
  if (background) app.scale.show(background.scale, Boolean(background.striped), probe?.F ?? null, theme);
  const improves = app.improves();
  app.improveButton.hidden = !improves;
  if (improves) showImprove(app);
  [app.parts.offer.hidden, app.parts.chart.hidden] = [!offered, !state.data.length || slicing || Boolean(offered)];
  if (offered) setText(app.parts.offerText, offerWords(offered));
}

/** What the button does that improves a network by hand: add a neuron, weigh the present ones, or nothing. */
function showImprove(app) {
  const found = app.looking.certificate();
  const pays = Math.abs(found.largest.F) > PAYS;
  const best = isBest(found, app.state.neurons);
  setText(app.improveButton, pays ? "Add where it pays" : best ? "Nothing pays" : "Weigh anew");
  app.improveButton.disabled = best;
  const title = pays ? "Add a neuron where F is farthest beyond 1 or −1, and give all neurons the masses that cost least"
    : best ? "No new neuron and no other mass costs less" : "Give the neurons the masses that cost least; a new one would not pay";
  set(app.improveButton, { title });
}

/** The lesson's text and name; undo, links and reloads bring them back, for they are part of the state. */
function showLesson(app, slicing) {
  const lesson = app.presets.find((preset) => preset.name === app.state.lesson);
  setText(app.parts.text, lesson?.text ?? "");
  choose(app.presetMenu, lesson?.name ?? "");
  app.parts.text.hidden = slicing || !lesson;
}

/** Say in words what is shown, without reading it out again where nothing changed. */
export function say(app, spikes) {
  const stale = app.isStale();
  const certified = app.state.background === "certificate" ? app.looking.certificate() : null;
  const lines = paragraphs({ ...app, stale, facts: app.drawnFacts, certified, spikes });
  app.parts.root.classList.toggle("rp-stale", stale);
  const text = JSON.stringify(lines);
  if (text === app.said) return;
  app.said = text;
  app.parts.words.replaceChildren(
    ...lines.map((line) => {
      const paragraph = html("p");
      for (const { text: words, strong, title } of line) {
        if (strong) html("strong", {}, paragraph, words);
        else if (title) html("span", { class: "rp-term", title }, paragraph, words);
        else paragraph.append(words);
      }
      return paragraph;
    }),
  );
}

/** Controls of the slice through the network of a file. */
export function fillSlice(app) {
  const { inputs, dim } = app.opened;
  app.sliceAsked = { axes: [0, 1], center: dim <= 12 ? new Array(dim).fill(0) : [], radius: 1 };
  app.sliceBox.replaceChildren();
  const names = inputs.slice(0, 1000).map((name, k) => [String(k), name]);
  const other = (k) => (k === 0 ? 1 : 0);
  const menus = [0, 1].map((which) => menu(app.sliceBox, `axis-${which}`, which ? "up" : "across", names, (text) => {
    const { axes } = app.sliceAsked;
    const before = axes[which];
    axes[which] = Number(text);
    if (axes[0] === axes[1]) axes[other(which)] = before;
    app.changed();
  }).select);
  const show = () => menus.forEach((select, k) => (select.value = String(app.sliceAsked.axes[k])));
  app.sliceBox.addEventListener("change", show);
  show();
  const reach = slider(app.sliceBox, "radius", "reach", { min: -2, max: 3, step: 0.05 }, (x) => {
    app.sliceAsked.radius = 10 ** x;
    reach.show(x, digits(10 ** x));
    app.changed();
  }, () => {});
  reach.show(0, "1");
  if (dim > 12) return;
  app.sliceAsked.center.forEach((_, k) => {
    const control = slider(app.sliceBox, `center-${k}`, inputs[k], { min: -3, max: 3, step: 0.05 }, (x) => {
      app.sliceAsked.center[k] = x;
      control.show(x, digits(x));
      app.changed();
    }, () => {});
    control.show(0, "0");
  });
}
