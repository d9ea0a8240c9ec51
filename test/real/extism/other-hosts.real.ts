import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import createPlugin from "@extism/extism";
import canonicalize from "canonicalize";
import * as assert from "uvu/assert";
import { builtPlugin, PLUGINS } from "../../../scripts/build-plugins.ts";
import { PROJECT } from "../../../scripts/project.ts";
import { runCommand } from "../../../scripts/run-command.ts";
import { ADMISSION_EXPORT, admissionRequest } from "../../../src/contract/admission.ts";
import type { Document } from "../../../src/document/document.ts";
import { readDocuments } from "../../../src/input/read.ts";
import type { JsonValue } from "../../../src/json.ts";
import { Sandbox } from "../../../src/sandbox/sandbox.ts";
import { documentOf } from "../../../src/testing/question.ts";
import { casesOf, manifestOf } from "../../support/cases.ts";
import { leaveOut } from "../../support/optional.ts";
import { loadGuest } from "../../support/sandbox.ts";
import { suite } from "../../support/suite.ts";

const SAMPLES = "wasm-plugins/image-policy/samples";

/** Where a plugin has documents besides those of its cases. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  "image-policy": [SAMPLES],
  "pod-security": [`${SAMPLES}/k8s`],
};

const HOST = join(PROJECT, ".work", "extism-host");

const test = suite("other Extism hosts");

/** Requests as the host puts them. */
async function requestsFor(name: string): Promise<Uint8Array[]> {
  const requests: Uint8Array[] = [];
  const put = (document: Document, settings: JsonValue = {}) => {
    const request = admissionRequest(document, { settings, now: "2026-01-31T12:00:00Z" });
    requests.push(new TextEncoder().encode(canonicalize(request)));
  };
  const paths = (INPUTS[name] ?? []).map((path) => join(PROJECT, path));
  if (paths.length > 0) { for await (const document of readDocuments(paths)) put(document); }
  const manifest = await manifestOf(name);
  for (const { from, settings, expect: _, ...question } of await casesOf(name)) {
    put(await documentOf(question, manifest, from), settings);
  }
  assert.ok(requests.length > 20);
  return requests;
}

/** What Cofferdam's sandbox gives, before anybody reads it. */
async function answersHere(wasm: Uint8Array, requests: Uint8Array[]): Promise<string[]> {
  const sandbox = new Sandbox(1);
  try {
    const guest = await loadGuest(sandbox, wasm);
    const answers: string[] = [];
    for (const input of requests) {
      const { output } = await guest.call(ADMISSION_EXPORT, input);
      answers.push(new TextDecoder().decode(output));
    }
    return answers;
  } finally {
    await sandbox.close();
  }
}

async function answersInJavaScript(wasm: Uint8Array, requests: Uint8Array[]): Promise<string[]> {
  const module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
  const answers: string[] = [];
  for (const request of requests) {
    const plugin = await createPlugin(module);
    answers.push((await plugin.call(ADMISSION_EXPORT, request))!.text());
    await plugin.close();
  }
  return answers;
}

async function answersInGo(path: string, requests: Uint8Array[]): Promise<string[]> {
  const child = spawn(HOST, [path, ADMISSION_EXPORT], { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => output += chunk);
  for (const request of requests) child.stdin.write(Buffer.concat([request, Buffer.from("\n")]));
  child.stdin.end();
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.is(code, 0);
  const lines = output.trimEnd().split("\n");
  return lines.map((line) => Buffer.from(line, "base64").toString());
}

/** Why there is no Go host here; undefined where it was built. */
async function buildGoHost(): Promise<string | undefined> {
  if ((await runCommand("go", ["version"])).code !== 0) return "Go is not installed";
  await mkdir(join(PROJECT, ".work"), { recursive: true });
  const cwd = join(PROJECT, "test", "real", "extism", "host");
  const { code, output } = await runCommand("go", ["build", "-o", HOST, "."], { cwd });
  return code === 0 ? undefined : `Extism's Go SDK cannot be built: ${output.trim()}`;
}

const missing = await buildGoHost();
if (missing !== undefined) leaveOut("other Extism hosts", missing);

for (const name of missing === undefined ? PLUGINS : []) {
  // Other hosts have no capabilities to give.
  if (((await manifestOf(name)).capabilities ?? []).length > 0) continue;
  test(`${name} gives the same bytes in Cofferdam, in Extism's JavaScript and in its Go SDK`, async () => {
    const path = builtPlugin(name);
    const wasm = await readFile(path);
    const requests = await requestsFor(name);
    const here = await answersHere(wasm, requests);
    assert.ok(here.some((one) => one.includes('"allowed":true')));
    assert.ok(here.some((one) => one.includes('"allowed":false')));
    assert.equal(await answersInJavaScript(wasm, requests), here);
    assert.equal(await answersInGo(path, requests), here);
  });
}

test.run();
