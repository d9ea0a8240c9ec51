import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import type { Manifest } from "../../src/bundle/manifest.ts";
import type { HostFunction } from "../../src/capability/host-function.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { Bench } from "../../src/testing/bench.ts";
import { documentOf } from "../../src/testing/question.ts";
import type { LocatedCase } from "../../src/testing/read-cases.ts";
import { BarePolicy } from "./bare-policy.ts";
import { casesOf, manifestOf, refusesSettings, testCases, testCoverage } from "./cases.ts";

/** A policy of `wasm-plugins`, which is open while its tests run. */
export interface TestedPolicy {
  readonly manifest: Manifest;
  readonly cases: readonly LocatedCase[];
  /** As `cofferdam test` loads it. */
  readonly bench: Bench;
  /** As a host may that looks at nothing. */
  readonly bare: BarePolicy;
}

/**
 * Opens `build/wasm-plugins/<name>.wasm` for the tests of a suite, and tests its cases.
 *
 * @param elsewhere Rules that no case can show.
 * @param functions Those of the capabilities that it asks for, where nobody looks.
 */
export async function testPolicy(
  test: Test,
  name: string,
  { elsewhere = [], functions = [] }: {
    readonly elsewhere?: readonly string[];
    readonly functions?: readonly HostFunction[];
  } = {},
): Promise<TestedPolicy> {
  const [manifest, cases] = [await manifestOf(name), await casesOf(name)];
  let bench: Bench | undefined;
  let bare: BarePolicy | undefined;
  test.before(async () => {
    bench = await Bench.open(builtPlugin(name));
    bare = await BarePolicy.open(name, functions);
  });
  test.after(async () => {
    await bench?.close();
    await bare?.close();
  });
  testCases(test, cases, () => bench!);
  testCoverage(test, cases, manifest, elsewhere);
  return {
    manifest,
    cases,
    get bench() {
      return bench!;
    },
    get bare() {
      return bare!;
    },
  };
}

/** Settings that are refused, and where they are wrong. */
export type BadSettings = readonly (readonly [settings: JsonValue, path: string])[];

/** Tests that a host refuses settings, and that the policy denies with them where nobody looked. */
export function testBadSettings(
  test: Test,
  policy: TestedPolicy,
  kind: DocumentKind,
  object: JsonValue,
  bad: BadSettings,
): void {
  for (const [settings, path] of bad) {
    const name = `settings ${JSON.stringify(settings)} are refused, and deny where nobody looked`;
    test(name, async () => {
      assert.match(await refusesSettings(policy.bench, settings), path);
      const { allowed, reasons } = await policy.bare.check(kind, object, settings);
      assert.is(allowed, false);
      assert.is(reasons[0]!.rule, "settings-readable");
      assert.match(reasons[0]!.message, `Cannot use the settings. ${path}`);
    });
  }
}

/**
 * Fails unless each case gets the same verdict with the manifest's defaults beside its settings.
 *
 * @returns The names of the settings that have one.
 */
export async function checkDefaults({ manifest, cases, bare }: TestedPolicy): Promise<string[]> {
  const properties = manifest.settings!["properties"] as Record<string, { default?: JsonValue }>;
  const defaults = Object.fromEntries(
    Object.entries(properties).flatMap(([key, schema]) =>
      schema.default === undefined ? [] : [[key, schema.default]]
    ),
  );
  for (const item of cases) {
    const { kind, object } = await documentOf(item, manifest, item.from);
    const settings = item.settings as JsonObject;
    assert.equal(
      await bare.check(kind, object, { ...defaults, ...settings }),
      await bare.check(kind, object, settings),
      item.name,
    );
  }
  return Object.keys(defaults);
}
