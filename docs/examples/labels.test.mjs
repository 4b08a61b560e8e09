// node --test, with the test runner of Node 18 and later. Run it beside a server:
//     hexostore run -- node --test labels.test.mjs
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

const server = process.env.HEXOSTORE_URL;
const { HEXOSTORE_LOGIN: login, HEXOSTORE_PASSWORD: password } = process.env;
const basic = `Basic ${Buffer.from(`${login}:${password}`).toString("base64")}`;
const control = { "X-HexoStore-Control": "1", "Content-Type": "application/json" };
let sandbox;

before(async () => {
  const made = await fetch(`${server}/_sandbox/sandboxes`, { method: "POST", headers: control, body: "{}" });
  assert.equal(made.status, 201);
  sandbox = await made.json();
});

after(async () => {
  await fetch(`${server}/_sandbox/sandboxes/${sandbox.name}`, { method: "DELETE", headers: control });
});

async function ask(path, options = {}) {
  const headers = { Authorization: basic, "Content-Type": "application/json" };
  return fetch(`${server}${sandbox.path}api/${path}`, { headers, ...options });
}

test("a label is added in the sandbox only", async () => {
  const account = await (await ask("account/")).json();
  const body = JSON.stringify({ name: "from Node", user: account.objects[0].resource_uri });
  const added = await ask("label/", { method: "POST", body });
  assert.equal(added.status, 201);
  const labels = await (await ask("label/")).json();
  assert.ok(labels.objects.some((label) => label.name === "from Node"));
  const others = await fetch(`${server}/api/label/`, { headers: { Authorization: basic } });
  assert.ok(!(await others.json()).objects.some((label) => label.name === "from Node"));
});
