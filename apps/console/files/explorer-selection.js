// The panel of what is in view follows the window, as far as somebody sees the panel.

const panel = document.getElementById("selection");
const TICKS = 256;
let wanted = null;
let shown = null;
let isSeen = false;

function ask() {
  if (!panel || !isSeen) return;
  const channel = panel.querySelector("select")?.value ?? "";
  const asked = new URLSearchParams({ channel });
  if (wanted) { asked.set("from", Math.floor(wanted.from * TICKS)); asked.set("to", Math.ceil(wanted.to * TICKS)); }
  const url = `${panel.dataset.url}?${asked}`;
  if (url === shown) return;
  shown = url;
  htmx.ajax("GET", url, { target: panel, swap: "innerHTML" });
}

document.addEventListener("explorer:rest", (event) => { wanted = event.detail; ask(); });
panel?.addEventListener("change", (event) => { if (event.target.matches("select")) ask(); });
panel?.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
if (panel) {
  new IntersectionObserver(([entry]) => { isSeen = entry.isIntersecting; ask(); }, { rootMargin: "200px" }).observe(panel);
}
