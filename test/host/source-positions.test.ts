import * as assert from "uvu/assert";
import { openBundle } from "../../src/bundle/bundle.ts";
import { SOURCE_MAP_SECTION } from "../../src/bundle/source-map.ts";
import { concatBytes } from "../../src/concat-bytes.ts";
import type { Callable } from "../../src/host/callable.ts";
import { withSourcePositions } from "../../src/host/source-positions.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { encodeCustomSection } from "../../src/wasm/writer.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("withSourcePositions");

const MAP = '{"mappings":"AAAA,UACA","names":[],"sources":["policy.ts"],"version":3}';

/** What a call ends with that throws `error`, in a plugin with that map. */
async function thrownWith(map: string | undefined, error: unknown): Promise<unknown> {
  const plain = bundleOf(answering("{}"));
  const section = map === undefined
    ? new Uint8Array(0)
    : encodeCustomSection(SOURCE_MAP_SECTION, new TextEncoder().encode(map));
  const bundle = await openBundle(concatBytes([plain, section]));
  const callable: Callable = { call: () => Promise.reject(error) };
  const options = { now: "2026-01-01T00:00:00Z" } as Parameters<Callable["call"]>[2];
  return await withSourcePositions(bundle, callable)
    .call("admission_check", new Uint8Array(0), options)
    .then(() => assert.unreachable(), (thrown) => thrown);
}

function guestError(message: string): PluginError {
  return new PluginError("sandbox.guest-error", message, { details: { fuel: 5 } });
}

test("withSourcePositions() tells places in the sources, and keeps code, details and cause", async () => {
  const error = guestError("Error: no\n    at f (plugin.js:1:12)");
  const thrown = await thrownWith(MAP, error) as PluginError;
  assert.is(thrown.message, "Error: no\n    at f (policy.ts:2:1)");
  assert.is(thrown.code, "sandbox.guest-error");
  assert.equal(thrown.details, error.details);
  assert.is(thrown.cause, error);
});

const PLACE = guestError("at plugin.js:1:1");

const LEFT: readonly (readonly [what: string, map: string | undefined, error: unknown])[] = [
  ["without a map", undefined, PLACE],
  ["with what is no map", "{}", PLACE],
  ["with a map that is too large", ";".repeat(2 * 1024 * 1024 + 1), PLACE],
  ["without a place", MAP, guestError("no")],
  ["of another code", MAP, new PluginError("sandbox.trap", "at plugin.js:1:1")],
  ["that is none of ours", MAP, new Error("at plugin.js:1:1")],
  [
    "whose message would become long",
    MAP.replace("policy.ts", "x".repeat(1_000)),
    guestError(Array.from({ length: 99 }, (_, n) => `plugin.js:1:${n + 1}`).join(" ")),
  ],
];

for (const [what, map, error] of LEFT) {
  test(`withSourcePositions() leaves an error ${what}`, async () => {
    assert.is(await thrownWith(map, error), error);
  });
}

test.run();
