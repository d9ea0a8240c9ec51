import * as assert from "uvu/assert";
import { dockerEndpoint } from "../../../src/document/recognise/docker-endpoint.ts";
import { suite } from "../../support/suite.ts";

const test = suite("document/recognise/docker-endpoint");

for (
  const [method, path, body] of [
    ["POST", "/containers/create", "json"],
    ["POST", "/v1.41/containers/create", "json"],
    ["POST", "/v1.41/containers/a/exec", "json"],
    ["POST", "/v1.41/containers/a/b/exec", "json"],
    ["POST", "/v1.41/plugins/localhost:5000/a/b/upgrade", "json"],
    ["POST", "/v1.41/networks/a/connect", "json"],
    ["POST", "/v1.41/services/a/update", "json"],
    ["PUT", "/v1.44/volumes/a", "json"],
    ["POST", "/volumes/create", "json"],
    ["POST", "/v1.41/commit", "json-or-nothing"],
    ["POST", "/v1.23/containers/a/start", "json-or-nothing"],
    ["POST", "/v1.41/auth", "stream"],
    ["POST", "/v1.41/build", "stream"],
    ["PUT", "/v1.41/containers/a/archive", "stream"],
    ["POST", "/session", "stream"],
    // Nothing reads these.
    ["GET", "/v1.41/containers/create", undefined],
    ["POST", "/v1.41/containers/create/", undefined],
    ["POST", "/v1.41/containers//exec", undefined],
    ["POST", "/v1.41/containers/a/stop", undefined],
    ["POST", "/v1.41/v1.41/containers/create", undefined],
    ["POST", "/v1/containers/create", undefined],
    ["POST", "/xcontainers/create", undefined],
    ["POST", "/v1.41/containersx/create", undefined],
    ["POST", "/containers/createx", undefined],
    ["POST", "/volumes/a", undefined],
    ["PUT", "/containers/create", undefined],
    ["DELETE", "/volumes/a", undefined],
  ] as const
) {
  test(`${method} ${path} reads ${body ?? "no body"}`, () => {
    assert.is(dockerEndpoint(method, path)?.body, body);
  });
}

test.run();
