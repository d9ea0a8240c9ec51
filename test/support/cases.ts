import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { type Manifest, parseManifest } from "../../src/bundle/manifest.ts";
import type { JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import type { Bench } from "../../src/testing/bench.ts";
import { type LocatedCase, readCases } from "../../src/testing/read-cases.ts";
import { runCase } from "../../src/testing/run-case.ts";
import { projectPath } from "./paths.ts";

/** The manifest of `wasm-plugins/<name>`. */
export async function manifestOf(name: string): Promise<Manifest> {
  const path = projectPath("wasm-plugins", name, "plugin.json");
  return parseManifest(JSON.parse(await readFile(path, "utf8")));
}

/** The cases of `wasm-plugins/<name>`, as `cofferdam test` reads them. */
export async function casesOf(name: string): Promise<LocatedCase[]> {
  const folder = projectPath("wasm-plugins", name, "cases");
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml")).sort();
  return (await Promise.all(files.map(async (file) => {
    const path = join(folder, file);
    return await readCases(await readFile(path), path);
  }))).flat();
}

/** A test for each case, run as `cofferdam test` runs it. */
export function testCases(
  test: Test,
  cases: readonly LocatedCase[],
  bench: () => Bench,
): void {
  for (const item of cases) {
    test(`${basename(item.from)}: ${item.name}`, async () => {
      const { status, differences, error } = await runCase(bench(), item, item.from);
      assert.equal({ differences, error }, { differences: [], error: null });
      assert.is(status, "passed");
    });
  }
}

/**
 * Tests that cases show every rule of a policy and no other, and something allowed and something denied
 * of every kind.
 *
 * @param elsewhere Rules that no case can show.
 */
export function testCoverage(
  test: Test,
  cases: readonly LocatedCase[],
  { rules = [], implements: contracts }: Manifest,
  elsewhere: readonly string[] = [],
): void {
  test("cases show every rule of the manifest, and no other", () => {
    const shown = new Set([...cases.flatMap((item) => item.expect.rules ?? []), ...elsewhere]);
    assert.equal([...shown].sort(), rules.map((rule) => rule.id).sort());
  });

  test("cases show something allowed and something denied of every kind", () => {
    const shown = new Set(cases.map((item) => `${item.kind} ${item.expect.allowed}`));
    const wanted = contracts.flatMap(({ kinds = [] }) =>
      kinds.flatMap((kind) => [`${kind} true`, `${kind} false`])
    );
    assert.equal([...shown].sort(), wanted.sort());
  });
}

/**
 * Fails unless a host refuses to load the plugin with these settings.
 *
 * @returns What it says.
 */
export async function refusesSettings(bench: Bench, settings: JsonValue): Promise<string> {
  const kind = bench.manifest.implements[0]!.kinds![0]!;
  const question = { kind, object: {}, settings };
  const error = await bench.plugin("settings").check(question).then(
    () => undefined,
    PluginError.from,
  );
  assert.is(error?.code, "contract.settings-invalid");
  return error!.message;
}
