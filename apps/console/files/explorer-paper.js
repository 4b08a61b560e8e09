// The paper of an ECG: small squares of 40 ms and 0.1 mV, large ones of 200 ms and 0.5 mV.

const LONGEST = 10.5; // seconds in the window up to which the squares can be told apart

export function isOnPaper(channel, view) {
  return channel.unit === "mV" && view.length <= LONGEST;
}

const FINEST = 2; // pixels of a small square, below which a signal would be too flat to read

// Limits in mV that make the squares square, or others if the signal would not fit or be too flat.
export function paperLimits(view, width, height, low, high) {
  const square = (width / view.length) * 0.04; // pixels of 1 mm at 25 mm/s
  const range = (height / square) * 0.1;
  const middle = (low + high) / 2;
  const needed = (high - low) * 1.1 || 1;
  const isSquare = range >= needed && square >= FINEST;
  const shown = isSquare ? range : Math.ceil(needed / 0.5) * 0.5;
  return { low: middle - shown / 2, high: middle + shown / 2, isSquare };
}

function lines(u, step, from, to, scale) {
  const found = [];
  for (let number = Math.ceil(from / step); number * step <= to && found.length < 2000; number += 1) {
    found.push(Math.round(u.valToPos(number * step, scale, true)) + 0.5);
  }
  return found;
}

export function drawPaper(u, colours) {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  const { min, max } = u.scales.x;
  for (const [seconds, volts, colour] of [[0.04, 0.1, colours.fine], [0.2, 0.5, colours.bold]]) {
    if ((width / (max - min)) * seconds < 3) continue;
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const x of lines(u, seconds, min, max, "x")) { ctx.moveTo(x, top); ctx.lineTo(x, top + height); }
    for (const y of lines(u, volts, u.scales.y.min, u.scales.y.max, "y")) { ctx.moveTo(left, y); ctx.lineTo(left + width, y); }
    ctx.stroke();
  }
  ctx.restore();
}
