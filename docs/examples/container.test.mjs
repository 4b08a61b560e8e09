// node --test, with a server in a container. It needs the package testcontainers, an engine for
// containers, and the image, which a checkout of Hexostore builds:
//     docker build --tag hexostore .
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenericContainer, Wait } from "testcontainers";

const control = { "X-HexoStore-Control": "1", "Content-Type": "application/json" };
const basic = `Basic ${Buffer.from("athlete@example.com:athlete").toString("base64")}`;
let container, server, sandbox;

before(async () => {
  // The control plane is open to the container's own machine only, which the tests are not on.
  container = await new GenericContainer(process.env.HEXOSTORE_IMAGE ?? "hexostore")
    .withEnvironment({ HEXOSTORE_SANDBOX_OPEN: "1" })
    .withExposedPorts(8000)
    .withWaitStrategy(Wait.forHttp("/readyz", 8000))
    .withStartupTimeout(120_000)
    .start();
  server = `http://${container.getHost()}:${container.getMappedPort(8000)}`;
  const made = await fetch(`${server}/_sandbox/sandboxes`, { method: "POST", headers: control, body: "{}" });
  sandbox = `${server}/~${(await made.json()).name}`;
});

after(() => container?.stop());

async function ask(url, options = {}) {
  const answer = await fetch(url, { headers: { Authorization: basic, "Content-Type": "application/json" }, ...options });
  return { status: answer.status, body: await answer.json() };
}

const countLabels = async (base) => (await ask(`${base}/api/label/`)).body.meta.total_count;

test("a label is added in the sandbox only", async () => {
  const account = await ask(`${sandbox}/api/account/`);
  const body = JSON.stringify({ name: "mine", user: account.body.objects[0].resource_uri });
  assert.equal((await ask(`${sandbox}/api/label/`, { method: "POST", body })).status, 201);
  assert.equal(await countLabels(sandbox), (await countLabels(server)) + 1);
});
