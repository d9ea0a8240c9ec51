/**
 * What a plugin's own tests import: `cofferdam test` runs them against the built plugin, in the sandbox
 * that it will run in. Assertions are whatever the author likes.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { test } from "cofferdam/test";
 *
 * test("a bare image is denied", async (plugin) => {
 *   const verdict = await plugin.check({ kind: "docker.config", object: { Image: "nginx" } });
 *   assert.equal(verdict.allowed, false);
 * });
 * ```
 *
 * @module
 */
import { PluginError } from "../plugin-error.ts";
import { currentRegistry, type TestFunction } from "./registry.ts";

export type { CapabilityName, Manifest } from "../bundle/manifest.ts";
export type {
  MetadataEntry,
  MetadataPage,
  MetadataRequest,
} from "../capability/metadata-provider.ts";
export type { Reason, Severity, Verdict } from "../contract/admission.ts";
export type { DocumentKind } from "../document/kind.ts";
export type { JsonObject, JsonValue } from "../json.ts";
export type { ErrorCode } from "../plugin-error.ts";
export { PluginError } from "../plugin-error.ts";
export type { AskOptions, TestedPlugin } from "./bench.ts";
export type { FakeAnswer, FakeCall, Fakes } from "./fake-host.ts";
export type { GivenEvidence, Question } from "./question.ts";
export type { TestFunction } from "./registry.ts";

/**
 * Registers a test. It fails with what `run` throws, or rejects with.
 *
 * @param run Gets the plugin with a host of its own, which nothing of another test reaches.
 * @throws {PluginError} `usage.invalid` outside of `cofferdam test`
 */
export function test(name: string, run: TestFunction): void {
  if (typeof name !== "string" || name === "" || typeof run !== "function") {
    throw new PluginError("usage.invalid", "Cannot register a test: wanted test(name, function)");
  }
  const registry = currentRegistry();
  if (registry === undefined) {
    throw new PluginError(
      "usage.invalid",
      `Cannot register the test ${JSON.stringify(name)}: no tests are being loaded; run the file ` +
        'with "cofferdam test", and call test() while the module is loaded',
    );
  }
  registry.add(name, run);
}
