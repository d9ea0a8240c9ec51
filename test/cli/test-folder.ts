import { pathToFileURL } from "node:url";
import type { JsonRun } from "./check-folder.ts";
import { type CliResult, runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { projectPath } from "../support/paths.ts";

/** The module that tests import, which no package manager put beside them: by its own address. */
export const TEST_MODULE: string = pathToFileURL(
  "Deno" in globalThis
    ? projectPath("src", "testing", "test.ts")
    : projectPath("build", "command", "test.js"),
).href;

const DENY = JSON.stringify({
  allowed: false,
  reasons: [{ rule: "no-b", message: "b is not wanted", severity: "error", path: "/b" }],
});

/** A folder of a plugin that denies everything by one of its two rules. */
export async function makeTestFolder(
  files: Record<string, string | Uint8Array> = {},
): Promise<TestFolder> {
  const folder = await makeFolder();
  await folder.write({
    "policy.wasm": bundleOf(answering(DENY), {
      name: "deny",
      rules: [{ id: "no-b", title: "No b" }, { id: "no-c", title: "No c" }],
    }),
    ...files,
  });
  return folder;
}

/** Runs `cofferdam test` in a folder. */
export function runTests(folder: TestFolder, ...args: string[]): Promise<CliResult> {
  return runCli(["test", ...args], { cwd: folder.path });
}

/** Runs `cofferdam test --format json`; the report is undefined where there was none. */
export async function jsonTests(folder: TestFolder, ...args: string[]): Promise<JsonRun> {
  const { code, stdout, stderr } = await runTests(folder, "--format", "json", ...args);
  return { code, stderr, report: stdout === "" ? undefined : JSON.parse(stdout) };
}

/** A test module with the imports that it needs. */
export function testModule(body: string): string {
  return `import assert from "node:assert/strict";
import { test, type TestedPlugin, PluginError } from ${JSON.stringify(TEST_MODULE)};
${body}`;
}
