import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { identityFault } from "../../src/platform/server-identity.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/server-identity");

const read = (name: string) => readFile(projectPath("test", "fixture", "tls", name));

for (
  const [cert, key, ca, fault] of [
    ["server.pem", "server.key", "ca.pem", undefined],
    ["server.key", "server.key", "ca.pem", /^the certificate is none/],
    ["README.md", "server.key", "ca.pem", /^the certificate is none/],
    ["server.pem", "client.key", "ca.pem", /^the key is that of another/],
    ["server.pem", "server.pem", "ca.pem", /^the key is none/],
    ["server.pem", "server.key", "server.key", /^the certificate of the authority is none/],
  ] as const
) {
  test(`identityFault() looks at ${cert}, ${key} and ${ca}`, async () => {
    const found = identityFault({
      cert: await read(cert),
      key: await read(key),
      ca: await read(ca),
    });
    if (fault === undefined) assert.is(found, undefined);
    else assert.match(found!, fault);
  });
}

test.run();
