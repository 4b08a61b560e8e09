"use strict";
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger",
  docExpansion: "none",
  filter: true,
  validatorUrl: null, // it would ask another host
});
