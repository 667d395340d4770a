// The page outside Jupyter: a websocket in the place of anywidget's model, and the state in the URL's fragment.
import playground from "./playground.js";

const AGAIN = 1000; // milliseconds until a lost server is tried again

class SocketModel {
  constructor() {
    this.listeners = { "msg:custom": [], open: [], closed: [], "change:state": [] };
    [this.state, this.hasLinks] = [{}, true];
    addEventListener("hashchange", () => this.tell("change:state"));
    this.connect();
  }

  connect() {
    const address = new URL("ws" + location.search, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.hash = "";
    this.socket = new WebSocket(address);
    this.socket.addEventListener("open", () => this.tell("open"));
    this.socket.addEventListener("message", (event) => this.tell("msg:custom", JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      this.tell("closed");
      setTimeout(() => this.connect(), AGAIN);
    });
  }

  tell(name, content) {
    for (const listener of this.listeners[name]) listener(content);
  }

  on(name, listener) {
    this.listeners[name].push(listener);
  }

  send(content) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(content));
    return true;
  }

  get(name) {
    return name === "state" ? playground.decoded(location.hash) : undefined;
  }

  set(name, content) {
    this.state[name] = content;
  }

  save_changes() {
    history.replaceState(null, "", "#" + playground.encoded(this.state.state));
  }
}

playground.render({ model: new SocketModel(), el: document.querySelector("main") });
