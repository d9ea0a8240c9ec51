import * as assert from "uvu/assert";
import { join } from "node:path";
import { type Manifest, parseManifest } from "../../src/bundle/manifest.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { documentOf, type Question } from "../../src/testing/question.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite<{ folder: TestFolder }>("question");

const ONE = parseManifest(MANIFEST);
const TWO = parseManifest({
  ...MANIFEST,
  implements: [{ contract: "admission", version: 1, kinds: ["json", "yaml"] }],
});

test.before(async (context) => {
  context.folder = await makeFolder();
  await context.folder.write({
    "files/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\n",
  });
});
test.after(({ folder }) => folder.remove());

const ask = (question: Question, manifest: Manifest = ONE, from = "cases/a.yaml") =>
  documentOf(question, manifest, from);

test("documentOf() takes an object for the one kind that a plugin judges", async () => {
  const { kind, object, subject } = await ask({ object: { a: 1 } });
  assert.equal([kind, object, subject], ["json", { a: 1 }, { name: "case" }]);
});

test("documentOf() recognises a text, and takes what is said of it", async () => {
  const document = await ask({
    input: "FROM scratch\n",
    file: "Dockerfile",
    subject: { name: "image", digest: "sha256:0" },
    operation: "CREATE",
    annotations: { a: 1 },
    evidence: [{ mediaType: "application/json", body: { b: 2 } }],
  });
  assert.is(document.kind, "dockerfile");
  assert.equal(document.subject, { name: "image", digest: "sha256:0" });
  assert.is(document.operation, "CREATE");
  assert.equal(document.annotations, { a: 1 });
  const [evidence] = document.evidence;
  assert.equal([evidence!.verified, evidence!.body], [false, { b: 2 }]);
  assert.match(evidence!.digest, /^sha256:[0-9a-f]{64}$/);
});

test("documentOf() reads a file from where the case stands", async ({ folder }) => {
  const from = join(folder.path, "cases", "a.yaml");
  const { kind, subject } = await ask({ file: "../files/pod.yaml" }, ONE, from);
  assert.equal([kind, subject.name], ["kubernetes", "Pod/web"]);
});

test("documentOf() takes the document that is meant", async () => {
  const { object } = await ask({ input: "a: 1\n---\na: 2\n", document: 1 });
  assert.equal(object, { a: 2 });
});

const BAD: readonly (readonly [string, Question, string, RegExp])[] = [
  ["an object of any kind", { object: 1 }, "test.case-invalid", /no "kind".*json, yaml/],
  ["nothing", {}, "test.case-invalid", /none of/],
  ["a file that is not there", { file: "none.yaml" }, "input.not-found", /none\.yaml/],
  ["several documents", { input: "a: 1\n---\na: 2" }, "test.case-invalid", /holds 2 documents/],
  ["no document", { input: "# nothing" }, "test.case-invalid", /holds 0 documents/],
  ["one too far", { input: "a: 1", document: 1 }, "test.case-invalid", /"document" is 1/],
  [
    "another kind than it says",
    { input: "FROM scratch", file: "Dockerfile", kind: "compose" },
    "document.kind-mismatch",
    /"kind" is compose, and the text was recognised as dockerfile/,
  ],
];

for (const [what, question, code, message] of BAD) {
  test(`documentOf() refuses ${what}`, async () => {
    const error = await ask(question, TWO).then(() => undefined, (thrown) => thrown);
    assert.instance(error, PluginError);
    assert.is((error as PluginError).code, code);
    assert.match((error as PluginError).message, message);
  });
}

test.run();
