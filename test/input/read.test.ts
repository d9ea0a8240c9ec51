import * as assert from "uvu/assert";
import { readDocuments, readInputs, type ReadOptions } from "../../src/input/read.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("input/read");

const POD = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [] }\n";
const TREE = {
  "a.yaml": `${POD}---\n${POD}`,
  "b.yaml": "a: [1,\n",
  "c.json": '{"plain": true}',
};

/** What reading gives: the kinds of each input, or its error's code. */
async function kindsOf(inputs: string | string[], options?: ReadOptions): Promise<string[]> {
  const shown: string[] = [];
  for await (const result of readInputs(inputs, options)) {
    const name = result.name.split("/").at(-1);
    const what = result.ok
      ? result.documents.map((document) => document.kind).join(" ")
      : result.error.code;
    shown.push(`${name}: ${what}`);
  }
  return shown;
}

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof PluginError && error.code === code;
}

async function rejects(run: () => Promise<unknown>, code: string): Promise<void> {
  let caught: unknown;
  await run().catch((error) => caught = error);
  assert.ok(isCode(code)(caught), `wanted ${code}, got ${caught}`);
}

test("readInputs() reads on after an input that is bad or missing", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  assert.equal(await kindsOf([folder.path, `${folder.path}/gone.yaml`]), [
    "a.yaml: kubernetes kubernetes",
    "b.yaml: document.malformed",
    "c.json: json",
    "gone.yaml: input.not-found",
  ]);
});

test("readInputs() gives each document its input's name and its place", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  for await (const result of readInputs(`${folder.path}/a.yaml`)) {
    assert.ok(result.ok);
    assert.equal(
      result.documents.map(({ input, index }) => [input, index]),
      [[`${folder.path}/a.yaml`, 0], [`${folder.path}/a.yaml`, 1]],
    );
  }
});

test("readInputs() hands the forced kind on", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  assert.equal(await kindsOf(`${folder.path}/a.yaml`, { kind: "yaml" }), ["a.yaml: yaml yaml"]);
});

test("readInputs() bounds what is read, standard input too", async () => {
  const stdin = { name: "stdin", read: () => Promise.resolve(new TextEncoder().encode(POD)) };
  assert.equal(await kindsOf("-", { stdin, maxBytes: POD.length }), ["stdin: kubernetes"]);
  assert.equal(await kindsOf("-", { stdin, maxBytes: 9 }), ["stdin: input.too-large"]);
});

test("readInputs() stops before the next file when it is aborted", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  const controller = new AbortController();
  const seen: string[] = [];
  await rejects(async () => {
    for await (const { name } of readInputs(folder.path, { signal: controller.signal })) {
      seen.push(name);
      controller.abort();
    }
  }, "call.aborted");
  assert.is(seen.length, 1);
  await rejects(() => kindsOf("nowhere", { signal: AbortSignal.abort() }), "call.aborted");
});

test("readDocuments() gives the documents of all inputs in order", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  const kinds: string[] = [];
  for await (const document of readDocuments(folder.path, { exclude: ["b.yaml"] })) {
    kinds.push(document.kind);
  }
  assert.equal(kinds, ["kubernetes", "kubernetes", "json"]);
});

test("readDocuments() throws at a bad input, after the documents before it", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  let documents = 0;
  await rejects(async () => {
    for await (const _ of readDocuments(folder.path)) documents++;
  }, "document.malformed");
  assert.is(documents, 2);
});

test.run();
