"use strict";
const key = document.getElementById("signing-key");
const secret = document.getElementById("signing-secret");

if (!window.isSecureContext) { // browsers have no digests there
  key.disabled = secret.disabled = true;
  document.getElementById("signing-note").textContent =
    "Browsers sign only on pages from this machine (127.0.0.1, localhost) or over https.";
}

async function sha1(text) {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The three headers of a signed key, made of the URL as the browser sends it.
async function sign(request) {
  const publicKey = key.value.trim();
  const ownSecret = secret.value.trim();
  if (request.loadSpec || !publicKey || !ownSecret) return request;
  const url = new URL(request.url, location.href);
  url.hash = "";
  const timestamp = String(Date.now() / 1000);
  request.url = url.href;
  for (const name of Object.keys(request.headers)) {
    if (/^x-hexoapi(key|signature)$|^x-hexotimestamp$/i.test(name)) delete request.headers[name];
  }
  request.headers["X-HexoAPIKey"] = publicKey;
  request.headers["X-HexoTimestamp"] = timestamp;
  request.headers["X-HexoAPISignature"] = await sha1(ownSecret + timestamp + url.href);
  return request;
}

const ui = SwaggerUIBundle({
  url: document.getElementById("swagger").dataset.document,
  dom_id: "#swagger",
  docExpansion: "none",
  filter: true,
  validatorUrl: null, // it would ask another host
  oauth2RedirectUrl: new URL("/docs/api/oauth2-redirect.html", location.href).href,
  requestInterceptor: sign,
});
ui.initOAuth({ usePkceWithAuthorizationCodeGrant: true });

// Swagger UI leaves its list of servers without a name, and its main part is no page of its own.
new MutationObserver((_, observer) => {
  const servers = document.getElementById("servers");
  const operations = document.getElementById("operations");
  if (!servers || !operations) return;
  servers.setAttribute("aria-label", "Server");
  operations.setAttribute("role", "group");
  observer.disconnect();
}).observe(document.getElementById("swagger"), {childList: true, subtree: true});

// It has dark colours of its own, behind a class.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
