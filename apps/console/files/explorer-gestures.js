// How people move through time: wheel, drag, pinch and keys. The page itself still scrolls by the wheel.

const FACTOR = 1.5;

export function followGestures(element, view, edges) {
  const at = (event) => {
    const { left, width } = edges();
    return view.from + ((event.clientX - left) / width) * view.length;
  };
  element.addEventListener("wheel", (event) => {
    const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey || event.currentTarget.dataset.wheel === "zoom") {
      view.zoom(1.002 ** Math.max(-200, Math.min(200, event.deltaY)), at(event));
    } else if (Math.abs(across) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      view.pan((across / edges().width) * view.length);
    } else return;
    event.preventDefault();
  }, { passive: false });

  const pointers = new Map();
  let last = null;
  const spread = () => {
    const xs = [...pointers.values()];
    const middle = xs.reduce((sum, x) => sum + x, 0) / xs.length;
    return { middle, width: Math.max(...xs) - Math.min(...xs) };
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest("button, a, input, summary")) return;
    pointers.set(event.pointerId, event.clientX);
    last = spread();
  });
  element.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    if (!element.hasPointerCapture(event.pointerId)) element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event.clientX);
    const now = spread();
    view.pan(((last.middle - now.middle) / edges().width) * view.length);
    if (pointers.size > 1 && last.width > 10 && now.width > 10) {
      view.zoom(last.width / now.width, at({ clientX: now.middle }));
    }
    last = now;
  });
  const release = (event) => { pointers.delete(event.pointerId); last = pointers.size ? spread() : null; };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("dblclick", (event) => view.zoom(1 / 4, at(event)));
}

const KEYS = {
  ArrowLeft: (view) => view.pan(-view.length / 8),
  ArrowRight: (view) => view.pan(view.length / 8),
  PageUp: (view) => view.pan(-view.length),
  PageDown: (view) => view.pan(view.length),
  "+": (view) => view.zoom(1 / FACTOR),
  "=": (view) => view.zoom(1 / FACTOR),
  "-": (view) => view.zoom(FACTOR),
  Home: (view) => view.show(0, view.length),
  End: (view) => view.show(view.end - view.length, view.end),
  0: (view) => view.show(0, view.end),
};

export function followKeys(element, view) {
  element.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    act(view);
  });
}

// Buttons with data-move: seconds of a window around the middle, "all", "in", "out", "left" or "right".
export function followButtons(element, view) {
  const moves = {
    all: () => view.show(0, view.end),
    in: () => view.zoom(1 / 2),
    out: () => view.zoom(2),
    left: () => view.pan(-view.length / 2),
    right: () => view.pan(view.length / 2),
  };
  element.addEventListener("click", (event) => {
    const move = event.target.closest("[data-move]")?.dataset.move;
    if (!move) return;
    if (moves[move]) moves[move]();
    else view.zoom(Number(move) / view.length);
  });
}
