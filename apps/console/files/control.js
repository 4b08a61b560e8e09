"use strict";
// Buttons and forms that change a sandbox through its control plane, and the list of requests.
// Without scripts they are hidden.

async function tell(answer) {
  const text = await answer.text();
  try { return JSON.parse(text).error || text; } catch { return text || `The answer is ${answer.status}.`; }
}

async function change(method, target, body) {
  const told = document.getElementById("told");
  told.textContent = "";
  try {
    const answer = await fetch(target, { method, body, headers: { "X-HexoStore-Control": "1", "Content-Type": "application/json" } });
    if (!answer.ok) throw new Error(await tell(answer));
  } catch (error) {
    told.textContent = error.message;
    return;
  }
  if (document.getElementById("controls")) htmx.trigger(document.body, "changed");
  else location.reload();
}

async function press(button) {
  if (button.dataset.ask && !confirm(button.dataset.ask)) return;
  button.disabled = true;
  await change(button.dataset.send, button.dataset.to, button.dataset.body);
  button.disabled = false;
}

function faultOf(form) {
  const fault = { action: JSON.parse(form.elements.action.value) };
  const { resource, times } = form.elements;
  if (resource.value.trim()) fault.match = { resource: resource.value.trim() };
  if (times.value) fault.times = Number(times.value);
  return fault;
}

function secondsOf(form) {
  return { seconds: Number(form.elements.amount.value) * Number(form.elements.unit.value) };
}

async function sendAgain(form) {
  const login = form.elements.as.value;
  const headers = { "X-HexoStore-Explain": "1", Accept: "application/json" };
  if (login) headers.Authorization = `Basic ${btoa(login)}`;
  const began = performance.now();
  let status, head = "", body = "";
  try {
    const answer = await fetch(form.dataset.to, { method: form.dataset.method, headers, credentials: "omit", cache: "no-store" });
    status = `${answer.status} ${answer.statusText}`;
    head = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    body = (await answer.text()).slice(0, 65536);
  } catch (error) {
    status = error.message;
  }
  const show = (id, text) => { document.getElementById(id).textContent = text; };
  show("answer-status", status);
  show("answer-ms", `${(performance.now() - began).toFixed(0)} ms, seen from here`);
  show("answer-head", head);
  show("answer-body", body || "(no body)");
  document.getElementById("answer").hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-send]");
  if (button) press(button);
  if (event.target.id === "pause") pause(event.target);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("fault" in form.dataset) change("POST", form.dataset.to, JSON.stringify(faultOf(form)));
  else if ("advance" in form.dataset) change("POST", form.dataset.to, JSON.stringify(secondsOf(form)));
  else if ("again" in form.dataset) sendAgain(form);
  else return;
  event.preventDefault();
});

let paused = false;

function pause(button) {
  paused = !paused;
  button.setAttribute("aria-pressed", paused);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const isTurn = !event.detail.requestConfig.triggeringEvent;
  if (event.target.id === "list" && isTurn && (paused || document.hidden)) event.preventDefault();
});
