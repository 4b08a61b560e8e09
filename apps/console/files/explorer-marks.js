// What is drawn over and behind the lines of a plot: marks of events, bands of flags, marks of the truth.

import { spans } from "./explorer-data.js";

const TICKS = 256;
const MOST = 400; // marks in a window, beyond which they would be a wall

function within(u, body) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  body(ctx, bbox);
  ctx.restore();
}

// Red bands where a flag of quality is set.
export function drawFlags(u, drawn, end, colour) {
  if (!drawn) return;
  const { min, max } = u.scales.x;
  within(u, (ctx, { top, height }) => {
    ctx.fillStyle = colour;
    for (const [from, to, value] of spans(drawn, end)) {
      if (!value || to < min || from > max) continue;
      const x = u.valToPos(from, "x", true);
      ctx.fillRect(x, top, Math.max(1, u.valToPos(to, "x", true) - x), height);
    }
  });
}

// Ticks from the start of the record that are in the window; none if there are too many of them.
function seen(u, ticks) {
  const { min, max } = u.scales.x;
  const found = ticks.filter((tick) => tick / TICKS >= min && tick / TICKS <= max);
  return found.length > MOST ? [] : found;
}

// Marks of events as small triangles: at the bottom those of the device, at the top the true ones.
export function drawMarks(u, drawn, { colour, isTrue = false, isUpward = true, place = 0 }) {
  if (drawn?.kind !== "events") return;
  const size = 5 * devicePixelRatio;
  within(u, (ctx, { top, height }) => {
    ctx.fillStyle = colour;
    const foot = isTrue ? top : top + height - place * size * 1.4;
    const way = isTrue ? 1 : -1;
    for (const tick of seen(u, drawn.at)) {
      const x = u.valToPos(tick / TICKS, "x", true);
      ctx.beginPath();
      if (isUpward) { ctx.moveTo(x - size * 0.7, foot); ctx.lineTo(x + size * 0.7, foot); ctx.lineTo(x, foot + way * size * 1.3); }
      else { ctx.moveTo(x, foot); ctx.lineTo(x - size * 0.7, foot + way * size * 1.3); ctx.lineTo(x + size * 0.7, foot + way * size * 1.3); }
      ctx.closePath();
      ctx.fill();
    }
  });
}
