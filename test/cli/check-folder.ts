import { type CliResult, runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, assemble, bundleOf, MANIFEST } from "../support/guest.ts";

/** What each test of the command gets. */
export interface CheckContext {
  folder: TestFolder;
}

const ALLOW = '{"allowed":true,"reasons":[]}';
const DENY = JSON.stringify({
  allowed: false,
  reasons: [{ rule: "no-b", message: "b is not wanted", severity: "error", path: "/b" }],
});
const WARN = JSON.stringify({
  allowed: true,
  reasons: [{ rule: "old", message: "getting old", severity: "warning" }],
});
/** A guest that never answers. */
export const LOOP: string =
  '(module (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))';
const settings = {
  type: "object",
  properties: { mode: { type: "string" } },
  additionalProperties: false,
};

/** Makes a folder of plugins that always say the same, and of files to ask them about. */
export async function makeCheckFolder(): Promise<TestFolder> {
  const folder = await makeFolder();
  const named = (name: string, text: string, more = {}) => bundleOf(text, { name, ...more });
  await folder.write({
    "allow.wasm": named("allow", answering(ALLOW), { settings }),
    "deny.wasm": named("deny", answering(DENY), {
      rules: [{ id: "no-b", title: "No b", help: "Take b out" }],
    }),
    "warn.wasm": named("warn", answering(WARN)),
    "loop.wasm": named("loop", LOOP, { limits: { timeoutMs: 200 } }),
    "volume.wasm": named("volume", "(module)", {
      implements: [{ contract: "hooks", version: 1 }],
    }),
    "plain.wasm": assemble(answering(ALLOW)),
    "manifest.json": JSON.stringify(MANIFEST),
    "a.json": '{\n  "a": 1,\n  "b": 2\n}\n',
    "c.json": '{"c": 3}\n',
    "broken.json": '{"a": 1,\n "b": }\n',
    "text.toml": "a = 1\n",
    "empty/.keep": "",
    "good-settings.yaml": "mode: strict\n",
    "bad-settings.yaml": "mode: [1]\n",
    "waivers.yaml": "waivers: [{rule: no-b, subject: a.json, reason: known, until: 2026-06-30}]\n",
  });
  return folder;
}

/** Flags that make a run's answers the same on every day. */
export const NOW: readonly string[] = ["--now", "2026-06-01T00:00:00Z"];

/** Runs `cofferdam check` in `folder`. */
export function runCheckIn(
  folder: TestFolder,
  args: readonly string[],
  options: { readonly stdin?: string } = {},
): Promise<CliResult> {
  return runCli(["check", ...NOW, ...args], { cwd: folder.path, ...options });
}

/** What a run in the format `json` gave; the report is undefined where there was none. */
export interface JsonRun {
  readonly code: number | null;
  readonly stderr: string;
  // deno-lint-ignore no-explicit-any
  readonly report: any;
}

/** Runs `cofferdam check --format json` in `folder`. */
export async function json(folder: TestFolder, ...args: string[]): Promise<JsonRun> {
  const { code, stdout, stderr } = await runCheckIn(folder, ["--format", "json", ...args]);
  return { code, stderr, report: stdout === "" ? undefined : JSON.parse(stdout) };
}
