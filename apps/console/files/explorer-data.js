// What the server says of the channels, asked for once for many, and kept for the plots.

const TICKS = 256;
const MARGIN = 1; // windows that are fetched on either side
const WAIT = 60; // milliseconds of rest before a request
const FEW = 5;
const FAR = 600; // seconds in the window

// Points of a line: seconds from the start of the record, and values in the unit.
export function points(drawn, channel) {
  const { gain, offset } = channel;
  const value = (count) => (count === null ? null : count * gain + offset);
  if (drawn.kind === "samples") {
    const { first, step, values } = drawn;
    const xs = new Float64Array(values.length);
    for (let i = 0; i < xs.length; i += 1) xs[i] = (first + i * step) / TICKS;
    return [xs, values.map(value)];
  }
  if (drawn.kind === "events") return [drawn.at.map((tick) => tick / TICKS), drawn.values.map(value)];
  const { least, greatest, step } = drawn;
  const xs = new Float64Array(2 * least.length);
  const ys = new Array(xs.length);
  for (let i = 0; i < least.length; i += 1) {
    const at = (drawn.kind === "bins" ? drawn.at[i] : drawn.first + i * step) / TICKS;
    xs[2 * i] = at + step / TICKS / 4;
    xs[2 * i + 1] = at + (3 * step) / TICKS / 4;
    ys[2 * i] = value(least[i]);
    ys[2 * i + 1] = value(greatest[i]);
  }
  return [xs, ys];
}

// Spans of flags that are set or of states: [from, to, value] in seconds.
export function spans(drawn, end) {
  if (drawn.kind === "events") {
    return drawn.at.map((tick, i) => [tick / TICKS, (drawn.at[i + 1] ?? end * TICKS) / TICKS, drawn.values[i]]);
  }
  if (drawn.kind === "bins") {
    return drawn.at.map((tick, i) => [tick / TICKS, (tick + drawn.step) / TICKS, drawn.greatest[i]]);
  }
  const values = drawn.kind === "samples" ? drawn.values : drawn.greatest;
  const found = [];
  values.forEach((value, i) => {
    const from = (drawn.first + (drawn.kind === "samples" ? i - 1 : i) * drawn.step) / TICKS;
    const last = found.at(-1);
    if (last && last[2] === value) last[1] = from + drawn.step / TICKS;
    else found.push([from, from + drawn.step / TICKS, value]);
  });
  return found;
}

export class Store {
  // `wanted` returns the ids of channels that are needed now; `changed` is told when there are new ones.
  constructor(url, view, wanted, changed) {
    Object.assign(this, { url, view, wanted, changed });
    this.held = new Map(); // id -> { from, to, columns, drawn }
    this.timer = 0;
    this.running = null;
    this.failed = () => {};
    this.idle = () => {};
  }

  get(id) { return this.held.get(id)?.drawn; }

  // Whether what is held of a channel reaches far enough and is fine enough, but not much too fine.
  fits(id) {
    const held = this.held.get(id);
    if (!held) return false;
    const { from, to, length, end } = this.view;
    const reach = length * 0.4;
    const left = held.from <= Math.max(0, from - reach);
    const right = held.to >= Math.min(end, to + reach);
    const ratio = held.length / length;
    return left && right && ratio < 1.3 && ratio > 0.4;
  }

  // Ask soon for what is missing; a request that is under way for another window is given up.
  want(wait = WAIT) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), wait);
  }

  async fetch() {
    const ids = this.wanted().filter((id) => !this.fits(id));
    if (!ids.length) { this.idle(); return; }
    this.running?.abort();
    const control = new AbortController();
    this.running = control;
    try {
      await Promise.all(this.groups(ids).map((group) => this.ask(group, control.signal)));
      this.running = null;
      this.want(0);
    } catch (error) {
      if (error.name !== "AbortError") this.failed(error);
    }
  }

  // Channels come in one answer. From afar, new ones are asked for a few at a time, since the server may
  // have to read all of them first.
  groups(ids) {
    if (this.view.length < FAR) return [ids];
    const known = ids.filter((id) => this.held.has(id));
    const fresh = ids.filter((id) => !this.held.has(id));
    const found = known.length ? [known] : [];
    while (fresh.length) found.push(fresh.splice(0, FEW));
    return found;
  }

  async ask(ids, signal) {
    const { from, to, length, width, end } = this.view;
    const lower = Math.max(0, from - MARGIN * length);
    const upper = Math.min(end + 1, to + MARGIN * length);
    const columns = Math.min(4000, Math.max(1, Math.round((width * (upper - lower)) / length)));
    const asked = new URLSearchParams({
      channels: ids.join(","), from: Math.floor(lower * TICKS), to: Math.ceil(upper * TICKS), columns,
    });
    const answer = await fetch(`${this.url}?${asked}`, { signal });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const found = await answer.json();
    for (const id of ids) {
      this.held.set(id, { from: lower, to: upper, length, drawn: found.channels[id] });
    }
    this.changed(ids, found);
  }

  forget() { this.held.clear(); }
}
