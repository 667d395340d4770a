// Requests to Python: of each kind one at a time, and of those that wait only the newest.

export class Requests {
  constructor(model, answered) {
    Object.assign(this, { model, answered, waiting: new Map(), flying: new Map(), count: 0 });
    model.on("msg:custom", (answer) => this.take(answer));
  }

  /** Ask; what waited of this kind is dropped, since the state has moved on. */
  ask(type, body = {}, key = "") {
    this.waiting.set(type, { body, key, asked: performance.now() });
    this.pump();
  }

  /** Whether an answer of a kind is yet to come. */
  expects(type) {
    return this.waiting.has(type) || [...this.flying.values()].some((request) => request.type === type);
  }

  /** Drop what waits of a kind. */
  drop(type) {
    this.waiting.delete(type);
  }

  /** Forget all: the server was started again. */
  reset() {
    this.waiting.clear();
    this.flying.clear();
  }

  pump() {
    for (const [type, request] of this.waiting) {
      if ([...this.flying.values()].some((flying) => flying.type === type)) continue;
      const id = ++this.count;
      if (this.model.send({ type, id, ...request.body }) === false) return;
      this.waiting.delete(type);
      this.flying.set(id, { ...request, type, sent: performance.now() });
    }
  }

  take(answer) {
    const request = this.flying.get(answer.id);
    if (!request) return;
    this.flying.delete(answer.id);
    this.answered(answer, request);
    this.pump();
  }
}
