// The window of time that all plots show, in seconds from the start of the record.

const SHORTEST = 0.1;
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
  7200, 10800, 21600, 43200, 86400, 172800];
const ROOM = 90; // pixels for a label of the time axis

export class View {
  // `start` is the first second of the record since 1970, in local time of the person.
  constructor(start, end) {
    this.start = start;
    this.end = Math.max(end, SHORTEST);
    this.from = 0;
    this.to = this.end;
    this.width = 800;
    this.listeners = [];
    this.pending = false;
  }

  get length() { return this.to - this.from; }

  listen(listener) { this.listeners.push(listener); }

  // Show another window; listeners are told once a frame.
  show(from, to) {
    const length = Math.min(Math.max(to - from, SHORTEST), Math.max(this.end, SHORTEST));
    const first = Math.min(Math.max(from, 0), this.end - length);
    if (first === this.from && first + length === this.to) return;
    this.from = first;
    this.to = first + length;
    this.tell();
  }

  tell() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      for (const listener of this.listeners) listener(this);
    });
  }

  pan(seconds) { this.show(this.from + seconds, this.to + seconds); }

  // Make the window `factor` times as long, and leave the second `around` where it is.
  zoom(factor, around = (this.from + this.to) / 2) {
    const length = Math.min(Math.max(this.length * factor, SHORTEST), this.end);
    const share = (around - this.from) / this.length;
    this.show(around - share * length, around + (1 - share) * length);
  }

  // The seconds at which the grid has lines, on round local times.
  splits() {
    const least = this.length * ROOM / Math.max(this.width, ROOM);
    const step = STEPS.find((each) => each >= least) ?? STEPS.at(-1);
    const first = Math.ceil((this.start + this.from) / step);
    const last = Math.floor((this.start + this.to) / step);
    const found = [];
    for (let number = first; number <= last && found.length < 200; number += 1) {
      found.push(number * step - this.start);
    }
    return found;
  }

  // The local time of a second: hours and minutes, and as many digits as the window can show.
  clock(second, digits = this.digits()) {
    const date = new Date(Math.round((this.start + second) * 1000));
    const text = date.toISOString();
    return digits < 0 ? text.slice(11, 16) : text.slice(11, digits ? 20 + digits : 19);
  }

  digits() {
    if (this.length > 900) return -1;
    return this.length > 8 ? 0 : this.length > 0.8 ? 1 : 2;
  }
}
