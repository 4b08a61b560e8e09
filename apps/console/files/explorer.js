// The page of a record: reads what the server wrote into it, makes the plots and keeps them in step.

import { Store } from "./explorer-data.js";
import { followButtons, followGestures, followKeys } from "./explorer-gestures.js";
import { Lanes } from "./explorer-lanes.js";
import { AXIS, Plot } from "./explorer-plot.js";
import { Strip } from "./explorer-strip.js";
import { View } from "./explorer-view.js";

const NEAR = 300; // seconds in the window up to which single events are asked for
const page = document.getElementById("explorer");
const facts = JSON.parse(document.getElementById("record-facts").textContent);
const view = new View(facts.local, facts.seconds);
const isOn = (name) => page.querySelector(`[data-show="${name}"]`)?.checked ?? false;
const channels = Object.fromEntries(facts.channels.map((channel) => [channel.id, channel]));
const all = { view, colours: readColours(), shows: isOn, marks: channels };
const plots = [...page.querySelectorAll(".plot")].map((section) => new Plot(section, channels[section.dataset.channel], all));
const states = facts.channels.filter((channel) => channel.role === "states");
const lanes = new Lanes(page.querySelector(".lanes"), facts.lanes, states, all);
const strip = new Strip(page.querySelector(".strip"), all);
const store = new Store(facts.data, view, wanted, changed);
all.store = store;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"), soft: read("--soft"), line: read("--line"), strong: read("--strong"),
    mark: read("--mark"), truth: read("--truth"), band: read("--band"), window: read("--window"),
    fine: read("--paper-fine"), bold: read("--paper-bold"),
    states: ["--state-0", "--state-1", "--state-2", "--state-3"].map(read),
  };
}

// The ids that plots on the screen need; single events only where they can be told apart.
function wanted() {
  const ids = new Set(lanes.ids());
  for (const plot of plots.filter((each) => each.isSeen)) {
    const isNear = view.length <= NEAR;
    for (const id of isNear ? plot.ids() : [plot.channel.id, ...plot.channel.flags]) {
      const isTruth = typeof id === "string";
      if (!isTruth || isOn("truth")) ids.add(id);
    }
  }
  return [...ids];
}

function changed(ids, answer) {
  const fresh = new Set(ids);
  for (const plot of plots) {
    if (fresh.has(plot.channel.id)) plot.update();
    else if (plot.ids().some((id) => fresh.has(id))) plot.refresh();
  }
  lanes.draw();
  performance.mark("explorer:drawn");
  page.dataset.status = answer.status;
  page.dispatchEvent(new CustomEvent("explorer:drawn", { detail: ids, bubbles: true }));
}

store.failed = (error) => { page.querySelector(".trouble").textContent = `The signals could not be read. ${error.message} Reload the page to try again.`; };

function measure() {
  view.width = Math.max(100, (plots.find((plot) => plot.isSeen)?.box.clientWidth ?? page.clientWidth) - AXIS);
}

function draw() {
  measure();
  for (const plot of plots) plot.update();
  lanes.draw();
  strip.draw();
  page.querySelector(".when").textContent = `${view.clock(view.from, 0)} to ${view.clock(view.to, 0)}, ${lengthText(view.length)}`;
}

function lengthText(seconds) {
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  const parts = [[Math.floor(whole / 3600), "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
  return parts.filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`).join(" ");
}

function edges() {
  const { left, width } = (plots.find((plot) => plot.isSeen)?.box ?? page).getBoundingClientRect();
  return { left: left + AXIS, width: width - AXIS };
}

function remember() {
  const whole = view.from === 0 && view.to === view.end;
  const hash = whole ? "" : `#${view.from.toFixed(2)}-${view.to.toFixed(2)}`;
  history.replaceState(null, "", location.pathname + location.search + hash);
}

function recall() {
  const [from, to] = location.hash.slice(1).split("-").map(Number);
  if (to > from) view.show(from, to);
}

let rest = 0;
view.listen(() => {
  draw();
  store.want();
  clearTimeout(rest);
  rest = setTimeout(() => { remember(); document.dispatchEvent(new CustomEvent("explorer:rest", { detail: { from: view.from, to: view.to } })); }, 400);
});

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const plot = plots.find((each) => each.section === entry.target);
    plot.isSeen = entry.isIntersecting;
  }
  measure();
  store.fetch(); // on its way while the plots are built
  draw();
}, { rootMargin: "120px" });
plots.forEach((plot) => observer.observe(plot.section));

new ResizeObserver(() => { draw(); store.want(); }).observe(page);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  Object.assign(all.colours, readColours());
  plots.forEach((plot) => plot.rebuild());
  draw();
});
page.addEventListener("change", (event) => {
  const { plot, show } = event.target.dataset;
  if (plot) { page.querySelector(`.plot[data-channel="${plot}"]`).hidden = !event.target.checked; }
  if (show) { plots.forEach((each) => each.refresh()); }
  store.want(0);
});

followGestures(page.querySelector(".plots"), view, edges);
followGestures(page.querySelector(".strip"), view, edges);
followButtons(page, view);
followKeys(page, view);
page.querySelector(".tools").hidden = false;
const usual = facts.channels.find((channel) => channel.name === "heart_rate") ?? facts.channels.find((channel) => channel.role === "line");
strip.load(facts.data, usual);
recall();
draw();

// A record that grows is asked for its new end as long as it does.
if (facts.status === "realtime") {
  setInterval(async () => {
    const answer = await fetch(`${facts.data}?channels=0`);
    if (!answer.ok) return;
    const { end, status } = await answer.json();
    if (status !== "realtime") location.reload(); // the channels that come with the sync have no plots yet
    const grown = end / 256;
    if (grown === view.end) return;
    const follows = view.to >= view.end - 1;
    const { length } = view;
    const isWhole = length >= view.end - 1;
    view.end = grown;
    page.dataset.end = grown;
    store.forget();
    strip.load(facts.data, usual);
    if (follows) view.show(isWhole ? 0 : grown - length, grown);
    else view.tell();
  }, 5000);
}
