// The strip over the plots: the whole record small, the window in it, and the time axis below.

import { points } from "./explorer-data.js";
import { AXIS } from "./explorer-plot.js";

export class Strip {
  constructor(element, all) {
    this.canvas = element.querySelector("canvas");
    this.all = all;
    this.line = null;
    this.grip = null;
    element.dataset.wheel = "zoom";
    this.canvas.addEventListener("pointerdown", (event) => this.take(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", () => { this.grip = null; });
    this.canvas.addEventListener("pointercancel", () => { this.grip = null; });
  }

  second(event) {
    const { left, width } = this.canvas.getBoundingClientRect();
    return ((event.clientX - left - AXIS) / (width - AXIS)) * this.all.view.end;
  }

  take(event) {
    event.stopPropagation();
    this.canvas.setPointerCapture(event.pointerId);
    const { view } = this.all;
    const at = this.second(event);
    const isInside = at >= view.from && at <= view.to && view.length < view.end;
    this.grip = isInside ? at - view.from : null;
    if (!isInside) this.grip = view.length < view.end ? view.length / 2 : null;
    this.began = at;
    this.move(event);
  }

  // Drag the window; where the whole record is seen, draw a new one.
  move(event) {
    if (this.began === undefined || !event.buttons) return;
    const { view } = this.all;
    const at = this.second(event);
    if (this.grip !== null) view.show(at - this.grip, at - this.grip + view.length);
    else if (Math.abs(at - this.began) > view.end / 200) view.show(Math.min(at, this.began), Math.max(at, this.began));
  }

  // Take the line of the whole record, which never changes but of a record that grows.
  async load(url, channel) {
    if (!channel) return;
    const asked = new URLSearchParams({ channels: channel.id, columns: 600 });
    const answer = await fetch(`${url}?${asked}`);
    if (!answer.ok) return;
    const drawn = (await answer.json()).channels[channel.id];
    if (drawn) this.line = points(drawn, channel);
    this.draw();
  }

  draw() {
    const { canvas, all: { view, colours } } = this;
    const ratio = devicePixelRatio;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    const track = height - 20;
    const x = (second) => AXIS + (second / view.end) * (width - AXIS);
    this.drawLine(ctx, x, track);
    ctx.fillStyle = colours.window;
    if (view.length < view.end) ctx.fillRect(x(view.from), 0, Math.max(3, x(view.to) - x(view.from)), track);
    ctx.strokeStyle = colours.strong;
    ctx.strokeRect(x(view.from) + 0.5, 0.5, Math.max(3, x(view.to) - x(view.from)) - 1, track - 1);
    this.drawTimes(ctx, width, height);
  }

  drawLine(ctx, x, track) {
    if (!this.line) return;
    const [xs, ys] = this.line;
    const known = ys.filter((y) => y);
    const low = Math.min(...known);
    const high = Math.max(...known);
    ctx.strokeStyle = this.all.colours.soft;
    ctx.lineWidth = 1;
    ctx.beginPath();
    let isDown = false;
    for (let i = 0; i < xs.length; i += 1) {
      if (!ys[i]) { isDown = false; continue; }
      const y = track - 3 - ((ys[i] - low) / (high - low || 1)) * (track - 6);
      if (isDown) ctx.lineTo(x(xs[i]), y); else ctx.moveTo(x(xs[i]), y);
      isDown = true;
    }
    ctx.stroke();
  }

  drawTimes(ctx, width, height) {
    const { view, colours } = this.all;
    ctx.fillStyle = colours.soft;
    ctx.font = "12px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "alphabetic";
    for (const second of view.splits()) {
      const x = AXIS + ((second - view.from) / view.length) * (width - AXIS);
      if (x > AXIS + 24 && x < width - 24) ctx.fillText(view.clock(second), x, height - 5);
    }
  }
}
