// The line that the user looks at, by pointing at it or by turning one about a datum, and what the certificate says there.
import { folded } from "./mathematics.js";
import { dualOf, certificateAt, landscape, offer } from "./certificates.js";
import { noisy } from "./state.js";
import { curveAt, lineThrough, pointOf, turnerOf } from "./probe.js";

const TURN = 5000; // milliseconds of half a turn: slow enough to watch both pictures
const REST = 0.9; // angle where a line begins: far from the border, where its point is cut in halves
const BORDER = 0.15; // angles: 23 pixels, the point and some room
const NEAR_SPIKE = 12; // pixels of 480
const NEAR_CURVE = 0.04; // offsets: 7 pixels

export class Looking {
  constructor(app) {
    Object.assign(this, { app, angle: REST, whole: false, pointed: null, lit: null, turning: null, certified: null });
  }

  /** The certificate of what is shown, as `landscape` gives it, with its dual and decay; null without data or answer. */
  certificate() {
    const { app } = this;
    const { state, best } = app;
    const own = state.mode === "network";
    if (!(own ? state.data.length : best)) return null;
    const key = own ? JSON.stringify([app.network(), app.dataKey(), state.decay]) : best;
    if (this.key !== key) {
      const dual = own ? dualOf(app.network(), noisy(state), state.decay) : best.dual;
      [this.key, this.certified] = [key, { dual, own, decay: own ? state.decay : best.decay, ...landscape(dual) }];
    }
    return this.certified;
  }

  /** The line: {angle, offset, pivot, datum, spike, traced, F}; null if there is none. */
  line() {
    const { app, pointed } = this;
    const { state, selected } = app;
    if (state.view === "slice") return null;
    const certified = state.background === "certificate" ? this.certificate() : null;
    const chosen = selected?.kind === "datum" ? selected.index : null;
    const datum = pointed ? pointed.datum : (this.lit ?? chosen);
    let line = null;
    if (datum !== null && state.data[datum]) {
      line = { ...lineThrough(pointed?.angle ?? this.angle, state.data[datum]), datum, spike: null };
      line.traced = this.turning === null ? null : this.whole ? Math.PI : line.angle;
    } else if (pointed) {
      line = { ...pointed, datum: null, pivot: null };
    } else if (certified || selected?.kind === "neuron") {
      const spike = selected?.kind === "neuron" ? app.network()?.spikes[selected.index] : null;
      if (!spike && !certified) return null;
      const [angle, offset] = spike ? folded(spike[0], spike[1]) : [certified.largest.angle, certified.largest.offset];
      line = { angle, offset, pivot: null, datum: null, spike: spike ? selected.index : null };
    }
    if (line && certified) line.F = certificateAt(certified.dual, line.angle, line.offset);
    return line;
  }

  /** What a neuron on the line offers; null where there is no certificate. */
  offered(line) {
    const certified = line && line.F !== undefined ? this.certificate() : null;
    if (!certified) return null;
    const network = this.app.network();
    const mass = line.spike !== null && network.activation === "relu" ? network.spikes[line.spike][2] : 0;
    return offer(certified.dual, certified.decay, line.angle, line.offset, mass);
  }

  /** The certificate at each spike; null where it is not shown. */
  heights(spikes) {
    const certified = this.app.state.background === "certificate" ? this.certificate() : null;
    return certified && spikes.map(([angle, offset]) => certificateAt(certified.dual, ...folded(angle, offset)));
  }

  /** The pointer is at a place of the strip, or has left it: null. A spike or a curve nearby draws it to itself. */
  point(place) {
    const { app } = this;
    if (app.state.view === "slice") return;
    this.pointed = null;
    if (place) {
      const [px, py] = app.strip.at(...place);
      const places = (app.network()?.spikes ?? []).map(([angle, offset]) => folded(angle, offset));
      const away = places.map((at) => Math.hypot(...app.strip.at(...at).map((x, k) => x - [px, py][k])));
      const spike = away.findIndex((x) => x === Math.min(...away) && x < NEAR_SPIKE);
      const datum = spike < 0 ? curveAt(app.state.data, place, NEAR_CURVE) : null;
      const [angle, offset] = spike < 0 ? place : places[spike];
      this.pointed = { angle, offset, datum, spike: spike < 0 ? null : spike };
    }
    app.redraw();
  }

  /** The pointer is over a datum of the plane, or over none: null. */
  light(datum) {
    this.lit = datum;
    this.app.redraw();
  }

  /** Turn the line about its datum. */
  turn(angle) {
    [this.angle] = folded(angle, 0);
    this.app.redraw();
  }

  /** A datum is taken: its line does not begin at the border. */
  begin(datum) {
    const { selected } = this.app;
    const same = selected?.kind === "datum" && selected.index === datum;
    if (!same && this.turning === null && Math.min(this.angle, Math.PI - this.angle) < BORDER) this.angle = REST;
  }

  /** Turn the line by half a turn, by itself, and trace the datum's curve; then on to its rest. Pressed again, stop. */
  play() {
    if (this.stop() || !this.app.state.data.length) return;
    if (this.app.selected?.kind !== "datum") this.app.select("datum", 0);
    const begun = performance.now();
    this.whole = false;
    this.turning = setInterval(() => {
      const angle = Math.min((Math.PI * (performance.now() - begun)) / TURN, Math.PI + REST);
      this.whole = angle >= Math.PI;
      if (angle === Math.PI + REST) this.stop();
      this.turn(angle);
    }, 30);
    this.turn(0);
  }

  /** Stop what `play` began; whether there was anything to stop. */
  stop() {
    if (this.turning === null) return false;
    clearInterval(this.turning);
    this.turning = null;
    this.app.redraw();
    return true;
  }

  /** Handlers of the pictures. */
  handlers() {
    const take = () => {
      this.stop();
      const line = this.line();
      if (!line || line.datum === null) return;
      [this.angle, this.pointed] = [line.angle, null];
      this.app.select("datum", line.datum);
    };
    const common = { select: take, end() {}, remove: () => this.app.remove() };
    const turn = (angle) => this.turn(angle);
    return {
      light: (datum) => this.light(datum),
      hover: (place) => this.point(place),
      turner: () => turnerOf(() => this.line(), turn, common),
      point: () => pointOf(() => this.line(), turn, common),
    };
  }
}
