// The playground: holds the state, asks Python, and draws. The form is anywidget's: render({ model, el }).
import { REACH, TARGETS, backprojected, clamp, normal, rampFiltered, sampled, unpacked, valueAt } from "./mathematics.js";
import { PAYS, weighed } from "./certificates.js";
import { EMPTY, History, MOST_NEURONS, MOST_POINTS, checked, decoded, encoded, noisy } from "./state.js";
import { freeScale, largest, soon } from "./drawing.js";
import { Looking } from "./looking.js";
import { Requests } from "./requests.js";
import { build, fillSlice, say, showControls } from "./interface.js";

const SAMPLES = 97; // samples of a picture along each axis
const DECAYS = Array.from({ length: 16 }, (_, k) => 10 ** (1 - k / 3)); // of the curve, from 10 down to 1e-4
const IDLE = 300; // milliseconds without a change, after which the curve is computed
const NOTHING = new Float64Array(SAMPLES * SAMPLES);
const DARK = matchMedia("(prefers-color-scheme: dark)");

class Playground {
  constructor(model, el) {
    Object.assign(this, { model, el, best: null, bestKey: "", drawnFacts: null, pictures: {}, slice: null });
    Object.assign(this, { selected: null, trouble: "", notice: "", path: new Map(), presets: [], opened: null });
    Object.assign(this, { shown: 90, playing: null, massReach: 5, looking: new Looking(this) });
    this.state = checked(model.get("state")) ?? structuredClone(EMPTY);
    this.linked = checked(model.get("state")) !== null;
    this.history = new History(this.state);
    this.latencies = [];
    build(this, el);
    this.requests = new Requests(model, (answer, request) => this.answered(answer, request));
    model.on("open", () => this.greet());
    model.on("closed", () => this.lost());
    model.on("change:state", () => this.load(checked(model.get("state")), false));
    this.greet();
  }

  // ---- what is asked and answered

  greet() {
    this.requests.reset();
    [this.isLost, this.asked] = [false, {}];
    this.requests.ask("hello");
    this.changed();
  }

  lost() {
    this.isLost = true;
    this.trouble = "The server does not answer; what is shown stays. Trying again …";
    this.redraw();
  }

  answered(answer, request) {
    const socket = performance.now() - request.sent;
    this.latencies.push({ type: request.type, asked: request.asked, seconds: answer.seconds, socket });
    const latency = this.latencies.at(-1);
    if (this.latencies.length > 2000) this.latencies.shift();
    if (answer.type === "error") {
      this.trouble = answer.text;
      if (request.type === "fit") [this.best, this.bestKey] = [null, request.key];
    } else if (answer.type === "hello") {
      this.hello(answer);
    } else if (answer.type === "fit") {
      [this.best, this.bestKey, this.trouble] = [answer, request.key, ""];
      this.path.set(answer.decay, answer.rtv);
      this.curveLater();
    } else if (answer.type === "network") {
      this.drawnFacts = answer;
    } else if (answer.type === "background") {
      this.pictures[answer.kind] = { ...answer, numbers: unpacked(answer.values.base64), key: request.key };
    } else if (answer.type === "slice") {
      this.slice = { ...answer, numbers: unpacked(answer.values.base64) };
    } else if (answer.type === "path" && request.key === this.dataKey()) {
      this.path.set(answer.decay, answer.rtv);
      this.nextOfPath();
    }
    this.ask();
    this.redraw(() => (latency.milliseconds = performance.now() - request.asked));
  }

  hello(answer) {
    [this.presets, this.opened] = [answer.presets, answer.network];
    this.presetMenu.replaceChildren(new Option("Choose a lesson …", ""), ...this.presets.map((p) => new Option(p.title, p.name)));
    this.viewMenu.querySelector('[value="slice"]').hidden = !this.opened;
    if (this.opened) fillSlice(this);
    if (!this.linked && this.opened) this.load({ ...this.state, view: "slice" });
    else if (!this.linked && this.presets.length) this.choose(this.presets[0].name);
    this.linked = true;
  }

  /** Ask for what the state needs and is not there. */
  ask() {
    const { state } = this;
    const fitKey = JSON.stringify([this.dataKey(), state.decay]);
    const data = { data: noisy(state), decay: state.decay };
    if (state.data.length) this.once("fit", data, fitKey);
    else [this.best, this.bestKey, this.asked.fit] = [null, fitKey, ""];
    const drawn = this.network();
    const text = JSON.stringify([drawn, fitKey]);
    if (state.mode === "network") this.once("network", { ...data, drawn: asDrawn(drawn) }, text);
    // One after the other: of two that wait, only the newer one would be answered.
    const kinds = [state.view === "backprojection" ? "sinogram" : "", state.background].filter((kind) => ["sinogram", "filtered"].includes(kind));
    const kind = drawn && kinds.find((one) => this.pictures[one]?.key !== one + text);
    if (kind) this.once("background", { kind, drawn: asDrawn(drawn) }, kind + text);
    if (state.view === "slice" && this.opened) this.once("slice", this.sliceAsked, JSON.stringify(this.sliceAsked));
  }

  once(type, body, key) {
    if (this.asked[type] === key) return;
    this.asked[type] = key;
    this.requests.ask(type, body, key);
  }

  dataKey() {
    return JSON.stringify(noisy(this.state));
  }

  /** Ask for the next point of the curve of R-TV, when nothing else is to be done. */
  nextOfPath() {
    clearTimeout(this.timer);
    const wanted = DECAYS.find((decay) => !this.path.has(decay));
    if (wanted === undefined || !this.best || this.state.data.length < 4) return;
    this.timer = setTimeout(() => {
      if (!this.requests.expects("fit")) this.requests.ask("path", { data: noisy(this.state), decay: wanted }, this.dataKey());
    }, this.path.size > 1 ? 0 : IDLE);
  }

  // ---- the state and its changes

  /** The network that is shown; null before the first answer. */
  network() {
    const { state, best } = this;
    if (state.mode === "network") {
      return { spikes: state.neurons, activation: state.activation, steepness: state.steepness, skip: state.skip, constant: state.constant };
    }
    return best && { spikes: best.spikes, activation: "relu", steepness: 1, skip: best.skip, constant: best.constant };
  }

  /** Something of the state was changed: ask and draw. */
  changed() {
    const key = this.dataKey();
    if (key !== this.pathKey) [this.pathKey, this.path] = [key, new Map()];
    this.requests?.drop("path");
    if (!this.isLost) this.trouble = "";
    if (this.state.mode === "data") this.notice = "";
    this.ask();
    this.redraw();
    // What waits for an idle moment would ask for data of before.
    clearTimeout(this.timer);
    this.curveLater();
  }

  /** Go on with the curve of R-TV in an idle moment. */
  curveLater() {
    clearTimeout(this.settle);
    this.settle = setTimeout(() => this.nextOfPath(), IDLE);
  }

  /** A change is complete: keep it for undo, and in the link. */
  ended() {
    this.history.keep(this.state);
    this.publish();
    this.changed();
  }

  publish() {
    this.model.set("state", structuredClone(this.state));
    this.model.save_changes();
  }

  /** Show another state. */
  load(state, keep = true) {
    if (!state || JSON.stringify(state) === JSON.stringify(this.state)) return;
    [this.state, this.selected, this.notice, this.massReach] = [state, null, "", 5];
    this.looking.stop();
    this.looking.lit = null;
    if (keep) this.ended();
    else this.changed();
  }

  choose(name) {
    const preset = this.presets.find((p) => p.name === name);
    if (!preset) return;
    this.load(checked({ ...preset.state, lesson: name }));
    if (preset.state.neurons?.length) this.select("neuron", 0);
    if (preset.turns && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.looking.play();
  }

  step(back) {
    const state = this.history.step(back);
    if (!state) return;
    [this.state, this.selected, this.notice] = [state, null, ""];
    this.publish();
    this.changed();
  }

  select(kind, index) {
    if (this.selected?.kind === kind && this.selected.index === index) return;
    this.selected = { kind, index };
    this.redraw();
  }

  /** Take the best network over, to change it by hand, and say why: `cause` is what the user did. */
  byHand(cause = "") {
    if (this.state.mode === "network") return;
    this.notice = cause && `${cause}: this is now a network by hand, begun from the best one. “Shown: the best network” goes back to it.`;
    const network = this.network();
    Object.assign(this.state, { mode: "network", activation: "relu" });
    if (network) Object.assign(this.state, structuredClone({ neurons: network.spikes.slice(0, MOST_NEURONS), skip: network.skip, constant: network.constant }));
  }

  /** Add a datum at a place, or a neuron whose kink runs there, or on a given line; at random where neither is given. */
  add(kind, place = null, line = null) {
    const { state } = this;
    const [x1, x2] = (place ?? [0, 1].map(() => 1.6 * Math.random() - 0.8)).map((x) => clamp(x, 1));
    if (kind === "datum" && state.data.length < MOST_POINTS) {
      const network = this.network();
      const value = TARGETS[state.target]?.(x1, x2) ?? (network ? valueAt(network, x1, x2) : 0);
      state.data.push([x1, x2, clamp(value, 50), normal()]);
      this.select("datum", state.data.length - 1);
    } else if (kind === "neuron" && state.neurons.length < MOST_NEURONS) {
      this.byHand("You added a neuron");
      const angle = Math.PI * Math.random();
      state.neurons.push([...(line ?? [angle, Math.cos(angle) * x1 + Math.sin(angle) * x2]), 1]);
      this.select("neuron", state.neurons.length - 1);
    }
    this.ended();
  }

  remove() {
    if (!this.selected || this.state.view === "slice") return;
    const { kind, index } = this.selected;
    if (kind === "neuron") this.byHand("You removed a neuron");
    (kind === "datum" ? this.state.data : this.state.neurons).splice(index, 1);
    this.selected = null;
    this.ended();
  }

  moveDatum(k, [x1, x2]) {
    [this.state.data[k][0], this.state.data[k][1]] = [clamp(x1, 1), clamp(x2, 1)];
    this.changed();
  }

  /** Place a neuron's line; the angle keeps its side, so that the function does not jump. */
  moveNeuron(k, angle, offset) {
    if (this.state.view === "slice") return;
    this.byHand("You moved a neuron");
    const row = this.state.neurons[k];
    if (!row) return;
    const turns = Math.round((row[0] - angle) / Math.PI);
    [row[0], row[1]] = [angle + turns * Math.PI, clamp(turns % 2 ? -offset : offset, REACH)];
    if (Math.abs(row[0]) > 90) row[0] %= 2 * Math.PI;
    this.changed();
  }

  change(name, value) {
    this.state[name] = value;
    this.changed();
  }

  newNoise() {
    for (const row of this.state.data) row[3] = normal();
    this.ended();
  }

  /** Whether the certificate of a network by hand is shown, whose masses can be weighed. */
  improves() {
    const { mode, activation, background, view, data } = this.state;
    return mode === "network" && activation === "relu" && background === "certificate" && view !== "slice" && data.length > 0;
  }

  /** Add a neuron on a line, or where it pays most, if it pays, and give all neurons the masses that cost least. */
  improve(line = null) {
    const { state } = this;
    if (!this.improves()) return;
    const { angle, offset, F } = this.looking.certificate().largest;
    const added = line ?? (Math.abs(F) > PAYS ? [angle, offset] : null);
    const spikes = [...state.neurons];
    if (added && spikes.length < MOST_NEURONS) spikes.push([...added, 0]);
    const { spikes: neurons, skip, constant } = weighed({ ...this.network(), spikes }, noisy(state), state.decay);
    Object.assign(state, { neurons, skip, constant });
    this.selected = null;
    this.ended();
  }

  /** Build the backprojection up, angle by angle, in some three seconds; the number of angles may change meanwhile. */
  play() {
    this.pause();
    this.shown = 0;
    this.playing = setInterval(() => {
      this.shown++;
      if (this.shown >= this.state.angles) this.pause();
      this.redraw();
    }, 3000 / this.state.angles);
  }

  /** Show all angles that are used. */
  pause() {
    clearInterval(this.playing);
    [this.playing, this.shown] = [null, 90];
  }

  /** Whether the certified answer that is shown belongs to data or a decay of before. */
  isStale() {
    return Boolean(this.best) && this.bestKey !== JSON.stringify([this.dataKey(), this.state.decay]);
  }

  // ---- drawing

  redraw(then = null) {
    this.drawn ??= [];
    if (then) this.drawn.push(then);
    if (this.frame) return;
    const run = () => {
      this.frame = null;
      const { root } = this.parts;
      const within = root.contains(document.activeElement);
      this.draw();
      // The mark that had the keyboard is gone: the keys go to the page, not to nobody.
      if (within && !root.contains(document.activeElement)) root.focus({ preventScroll: true });
      // A task that is posted from a frame runs once that frame has been painted.
      const waiting = this.drawn.splice(0);
      if (waiting.length) soon(() => waiting.forEach((done) => done()));
    };
    // A tab in the background has no frames, and needs none.
    this.frame = document.hidden ? setTimeout(run, 50) : requestAnimationFrame(run);
  }

  theme() {
    return this.parts.root.dataset.theme ?? (DARK.matches ? "dark" : "light");
  }

  draw() {
    const { state, selected, looking } = this;
    const theme = this.theme();
    const network = this.network();
    const data = noisy(state);
    const sliced = state.view === "slice" && this.slice;
    const spikes = sliced ? (this.slice.spikes ?? []) : (network?.spikes ?? []);
    const values = sliced ? this.slice.numbers : this.planeValues(network);
    const shownData = sliced ? [] : data;
    const scale = sliced || data.length ? Math.max(largest(values), largest(shownData.map((row) => row[2]))) : freeScale(values);
    const segments = sliced ? (this.slice.kinks ?? []) : null;
    const background = sliced ? null : this.background();
    const probe = looking.line();
    const lit = probe?.datum ?? null;
    // Beside more spikes than these their numbers would cover each other.
    const heights = sliced || spikes.length > 12 ? null : looking.heights(spikes);
    this.plane.draw({ values, n: SAMPLES, scale, spikes, data: shownData, segments, selected, probe, lit, theme });
    this.strip.draw({ background, spikes, data: shownData, selected, probe, lit, heights, theme });
    this.chart.draw([...this.path], state.decay, DECAYS.every((decay) => this.path.has(decay)));
    const offered = looking.offered(probe);
    if (offered) this.offerChart.draw(offered);
    say(this, spikes);
    showControls(this, { background, offered, probe, theme });
  }

  /** Samples of what the plane shows; the same array as long as that stays the same. */
  planeValues(network) {
    const { sinogram } = this.pictures;
    const { view, angles, mode } = this.state;
    if (!network) return NOTHING;
    if (view !== "backprojection" || !sinogram) {
      const key = mode === "network" ? JSON.stringify(network) : this.best;
      if (this.sampledOf !== key) [this.sampledOf, this.samples] = [key, sampled(network, SAMPLES)];
      return this.samples;
    }
    const { numbers, values, first, step } = sinogram;
    const [n, m] = values.shape;
    if (this.filteredOf !== numbers) [this.filteredOf, this.filtered, this.builtOf] = [numbers, rampFiltered(numbers, n, m, step), ""];
    const key = `${angles} ${Math.min(this.shown, angles)}`;
    if (this.builtOf !== key) [this.builtOf, this.built] = [key, backprojected(this.filtered, n, m, first, step, SAMPLES, angles, this.shown)];
    return this.built;
  }

  background() {
    const kind = this.state.background;
    if (kind === "certificate") {
      const certified = this.looking.certificate();
      return certified && { ...certified, scale: 1, low: -REACH, high: REACH, striped: certified.own };
    }
    if (!this.pictures[kind]) return null;
    const { numbers, values, first, step } = this.pictures[kind];
    const [n, m] = values.shape;
    return { values: numbers, n, m, scale: largest(numbers), low: first, high: first + (m - 1) * step };
  }
}

const asDrawn = ({ spikes, ...rest }) => ({ neurons: spikes.slice(0, MOST_NEURONS), ...rest });

export default {
  encoded,
  decoded,
  render({ model, el }) {
    const app = new Playground(model, el);
    el.radonPlayground = app;
    return () => {
      for (const timer of [app.timer, app.settle, app.playing, app.looking.turning]) clearTimeout(timer);
    };
  },
};
