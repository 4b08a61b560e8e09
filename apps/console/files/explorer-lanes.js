// Lanes of what lasts: ranges, laps, notes, sleep and positions, as bars with names over the plots.

import { spans } from "./explorer-data.js";
import { AXIS } from "./explorer-plot.js";

const HEIGHT = 20;
const GAP = 2;

export class Lanes {
  // `fixed` are lanes that the page knows: { title, items: [from, to, text] }; `states` are channels.
  constructor(canvas, fixed, states, all) {
    Object.assign(this, { canvas, fixed, states, all });
    canvas.hidden = !(fixed.length + states.length);
  }

  ids() { return this.states.map((each) => each.id); }

  lanes() {
    const { store, view } = this.all;
    const known = this.states.map((channel) => {
      const drawn = store.get(channel.id);
      const items = drawn ? spans(drawn, view.end) : [];
      return { title: channel.title, items: items.map(([from, to, code]) => [from, to, channel.codes[code] ?? `${code}`, code]) };
    });
    return [...this.fixed, ...known];
  }

  draw() {
    if (this.canvas.hidden) return;
    const lanes = this.lanes();
    const ratio = devicePixelRatio;
    const width = this.canvas.clientWidth;
    const height = lanes.length * (HEIGHT + GAP);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.style.height = `${height}px`;
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.font = "12px system-ui, sans-serif";
    ctx.textBaseline = "middle";
    lanes.forEach((lane, number) => this.drawLane(ctx, lane, number * (HEIGHT + GAP), width));
  }

  drawLane(ctx, lane, top, width) {
    const { view, colours } = this.all;
    const scale = (width - AXIS) / view.length;
    ctx.save();
    ctx.beginPath();
    ctx.rect(AXIS, top, width - AXIS, HEIGHT);
    ctx.clip();
    for (const [from, to, text, code] of lane.items) {
      if (to < view.from || from > view.to) continue;
      const left = Math.max(AXIS, AXIS + (from - view.from) * scale);
      const right = Math.min(width, AXIS + (to - view.from) * scale);
      ctx.fillStyle = colours.states[(code ?? 1) % colours.states.length];
      ctx.fillRect(left, top, Math.max(2, right - left), HEIGHT);
      if (right - left < 30) continue;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, top, right - left - 2, HEIGHT);
      ctx.clip();
      ctx.fillStyle = colours.ink;
      ctx.fillText(text, left + 4, top + HEIGHT / 2 + 1);
      ctx.restore();
    }
    ctx.restore();
    ctx.fillStyle = colours.soft;
    ctx.fillText(lane.title.replace("position", "pos."), 0, top + HEIGHT / 2 + 1, AXIS - 4);
  }
}
