import { join } from "node:path";
import * as assert from "uvu/assert";
import { metadataFromFile } from "../../src/capability/metadata-file.ts";
import type { MetadataPage, MetadataRequest } from "../../src/capability/metadata-provider.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suiteFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("metadataFromFile()");

const ID = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";
const OTHER_ID = "0123456789abcdef0123456789abcdef01234567";

const YAML = `
https://s:
  infra/x:
    ${ID}:
      - key: log
        value: one
        contentType: text/plain
        attachedAt: 2026-01-31T12:00:00Z
      - key: raw
        base64: /wA=
      - { key: log, value: two }
    ${OTHER_ID}:
      - { key: log, value: three }
`;

const folder = suiteFolder(test);

async function list(content: string, request: Partial<MetadataRequest>): Promise<MetadataPage> {
  await folder.write({ "metadata.yaml": content });
  const provider = await metadataFromFile(join(folder.path, "metadata.yaml"));
  return await provider.list({
    service: undefined,
    package: "infra/x",
    instanceId: undefined,
    keys: undefined,
    pageSize: 20,
    pageToken: undefined,
    signal: new AbortController().signal,
    ...request,
  });
}

const valuesOf = ({ entries }: MetadataPage): string[] =>
  entries.map(({ value }) => typeof value === "string" ? value : new TextDecoder().decode(value));

test("it lists the entries of an instance, or of all of a package", async () => {
  const { entries } = await list(YAML, { service: "https://s", instanceId: ID });
  assert.equal(entries.map((one) => one.key), ["log", "raw", "log"]);
  assert.equal([...entries[1]!.value as Uint8Array], [255, 0]);
  assert.is(entries[0]!.contentType, "text/plain");
  assert.is(entries[0]!.attachedAt, "2026-01-31T12:00:00Z");
  assert.equal(valuesOf(await list(YAML, { keys: ["log"] })), ["one", "two", "three"]);
});

test("what it does not know has no entries", async () => {
  for (
    const request of [
      { service: "https://t" },
      { package: "infra/y" },
      { instanceId: "f".repeat(40) },
      { keys: ["toString"] },
      { service: "__proto__" },
    ]
  ) {
    assert.equal(await list(YAML, request), { entries: [] }, JSON.stringify(request));
  }
  assert.equal(await list("", {}), { entries: [] });
  const two = `${YAML}\nhttps://t: {}\n`;
  assert.equal(await list(two, {}), { entries: [] });
  assert.is((await list(two, { service: "https://s" })).entries.length, 4);
});

test("it gives pages", async () => {
  const first = await list(YAML, { keys: ["log"], pageSize: 2 });
  assert.equal(valuesOf(first), ["one", "two"]);
  const next = { keys: ["log"], pageSize: 2, pageToken: first.nextPageToken! };
  const second = await list(YAML, next);
  assert.equal(valuesOf(second), ["three"]);
  assert.is(second.nextPageToken, undefined);
  for (const pageToken of ["x", "-1", "0", "1.5", "99999999999"]) {
    let thrown: unknown;
    await list(YAML, { pageToken }).catch((error) => thrown = error);
    assert.instance(thrown, RangeError, pageToken);
  }
});

test("a file of another form is refused", async () => {
  const files = [
    "[]",
    "https://s: x",
    "https://s: { infra/x: [] }",
    "https://s: { INFRA: {} }",
    "https://s: { a: { latest: [] } }",
    `https://s: { a: { ${ID}: {} } }`,
    `https://s: { a: { ${ID}: [{ key: a }] } }`,
    `https://s: { a: { ${ID}: [{ key: a, value: b, base64: Yg== }] } }`,
    `https://s: { a: { ${ID}: [{ key: a, base64: "*" }] } }`,
    `https://s: { a: { ${ID}: [{ key: a, value: 1 }] } }`,
    `https://s: { a: { ${ID}: [{ key: a, value: b, more: c }] } }`,
    `https://s: { a: { ${ID}: [{ key: a, value: ${"x".repeat(512 * 1024 + 1)} }] } }`,
    "{",
    "a: 1\na: 2",
  ];
  for (const file of files) {
    let code: string | undefined;
    await list(file, {}).catch((error: PluginError) => code = error.code);
    assert.is(code, "config.invalid", file.slice(0, 100));
  }
  let code: string | undefined;
  await metadataFromFile(join(folder.path, "no")).catch((e: PluginError) => code = e.code);
  assert.is(code, "input.not-found");
});

test.run();
