// One plot: a channel as a line, with what is known about it at the same time.

import { points } from "./explorer-data.js";
import { drawFlags, drawMarks } from "./explorer-marks.js";
import { drawPaper, isOnPaper, paperLimits } from "./explorer-paper.js";

const EMPTY = [[0], [null]];
export const AXIS = innerWidth < 640 ? 48 : 76; // pixels left of the plots
const LOW = 84;
const HIGH = 220;

export class Plot {
  // `all` has the view, the store, the colours and what else plots share (explorer.js).
  constructor(section, channel, all) {
    Object.assign(this, { section, channel, all });
    this.box = section.querySelector(".canvas");
    this.readout = section.querySelector("output");
    this.note = section.querySelector(".note");
    this.isSeen = false;
    this.chart = null;
    this.drawn = null;
  }

  get isPaper() { return isOnPaper(this.channel, this.all.view); }

  get height() { return this.isPaper ? HIGH : LOW; }

  // The channels that this plot needs: its own, and those of marks and flags on it.
  ids() {
    return [this.channel.id, ...this.channel.marks, ...this.channel.flags, ...this.channel.truths];
  }

  build() {
    const { view, colours } = this.all;
    const font = "12px system-ui, sans-serif";
    const grid = { stroke: colours.line, width: 1 };
    const y = { stroke: colours.soft, font, grid: { ...grid }, ticks: { show: false }, size: AXIS, gap: 4, space: 22 };
    const x = { show: true, size: 0, gap: 0, splits: () => view.splits(), values: (_, splits) => splits.map(() => ""), grid: { ...grid }, ticks: { show: false } };
    this.chart = new uPlot({
      width: this.box.clientWidth, height: this.height, padding: [6, 0, 6, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, sync: { key: "record" }, y: false, points: { size: 6 } },
      scales: { x: { time: false, range: () => [view.from, view.to] }, y: { range: (u, low, high) => this.limits(u, low, high) } },
      axes: [x, y],
      series: [{}, { stroke: colours.strong, width: 1, points: { show: () => this.isSparse(), size: 4 } }],
      hooks: {
        drawClear: [(u) => this.drawBehind(u)],
        draw: [(u) => this.drawOver(u)],
        setCursor: [(u) => this.tell(u)],
      },
    }, EMPTY, this.box);
    this.chart.root.setAttribute("aria-hidden", "true");
  }

  limits(u, low, high) {
    if (low === null || high === null) return [0, 1];
    if (this.isPaper) {
      const paper = paperLimits(this.all.view, u.over.clientWidth || 600, u.over.clientHeight || HIGH, low, high);
      this.note.textContent = paper.isSquare ? "25 mm/s, 10 mm/mV" : "large squares: 200 ms, 0.5 mV";
      return [paper.low, paper.high];
    }
    this.note.textContent = "";
    const room = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
    return [low - room, high + room];
  }

  drawBehind(u) {
    for (const axis of u.axes) axis.grid.show = !this.isPaper;
    if (this.isPaper) drawPaper(u, this.all.colours);
    for (const id of this.channel.flags) {
      if (this.all.shows("quality")) drawFlags(u, this.all.store.get(id), this.all.view.end, this.all.colours.band);
    }
  }

  drawOver(u) {
    const { store, colours, shows, marks } = this.all;
    this.channel.marks.forEach((id, place) => {
      const isUpward = marks[id].name !== "expiration";
      if (shows("marks")) drawMarks(u, store.get(id), { colour: colours.mark, isUpward, place: isUpward ? 0 : 1 });
    });
    for (const id of this.channel.truths) {
      const isUpward = id !== "expirations";
      if (shows("truth")) drawMarks(u, store.get(id), { colour: colours.truth, isTrue: true, isUpward });
    }
  }

  // Write the value under the cursor into the heading.
  tell(u) {
    const value = u.cursor.idx === null || u.cursor.idx === undefined ? null : u.data[1][u.cursor.idx];
    this.readout.textContent = value === null || value === undefined ? "" : `${Number(value.toPrecision(5))} ${this.channel.unit}`;
  }

  // Draw the window of the view; plots that nobody sees wait until somebody does.
  update() {
    if (!this.isSeen) return;
    if (!this.chart) this.build();
    if (this.chart.height !== this.height || this.chart.width !== this.box.clientWidth) {
      this.chart.setSize({ width: this.box.clientWidth, height: this.height });
    }
    const drawn = this.all.store.get(this.channel.id);
    if (drawn && drawn !== this.drawn) {
      this.drawn = drawn;
      this.chart.setData(points(drawn, this.channel), false);
      this.section.dataset.kind = drawn.kind;
      this.chart.redraw(true, true);
    }
    const { from, to } = this.all.view;
    this.chart.setScale("x", { min: from, max: to });
  }

  // Draw marks and bands again, whose channels have come.
  refresh() { if (this.isSeen) this.chart?.redraw(false, false); }

  // Whether single values are far enough apart to be dots.
  isSparse() {
    const xs = this.chart?.data[0] ?? [];
    if (this.drawn?.kind !== "samples" && this.drawn?.kind !== "events") return false;
    const step = (xs[xs.length - 1] - xs[0]) / Math.max(1, xs.length - 1);
    return (step / this.all.view.length) * this.box.clientWidth > 6;
  }

  rebuild() {
    this.chart?.destroy();
    this.chart = null;
    this.drawn = null;
    this.update();
  }
}
