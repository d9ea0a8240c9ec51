import * as assert from "uvu/assert";
import { Bench } from "../../src/testing/bench.ts";
import type { LocatedCase } from "../../src/testing/read-cases.ts";
import { readCases } from "../../src/testing/read-cases.ts";
import { runCase } from "../../src/testing/run-case.ts";
import { answering, answeringEach, asking, bundleOf, requestsOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("run-case");

const DENIAL = JSON.stringify({
  allowed: false,
  annotations: { seen: 1 },
  reasons: [
    { rule: "a", message: "first of all", severity: "error", path: "/x" },
    { rule: "b", message: "and then", severity: "warning" },
    { rule: "a", message: "again", severity: "error", path: "" },
  ],
});

async function caseOf(text: string): Promise<LocatedCase> {
  return (await readCases(new TextEncoder().encode(`[{ name: n, ${text} }]`), "a.yaml"))[0]!;
}

/** What became of a case: its status, the fields that differ, and the code of its error. */
async function run(bench: Bench, text: string): Promise<string> {
  const { status, differences, error } = await runCase(bench, await caseOf(text), "a.yaml");
  return [status, ...differences.map(({ what }) => what), ...(error ? [error.code] : [])].join(" ");
}

const VERDICTS: readonly (readonly [string, string])[] = [
  ["allowed: false", "passed"],
  ["allowed: true", "failed allowed"],
  ["rules: [a, b, a]", "passed"],
  ["rules: [a, a, b]", "failed rules"],
  ["rules: []", "failed rules"],
  ["paths: [/x, null, '']", "passed"],
  ["paths: [/x]", "failed paths"],
  ["paths: [/x, '', '']", "failed paths"],
  ["severities: [error, warning, error]", "passed"],
  ["severities: [error, error, error]", "failed severities"],
  ["messages: [first, then, '']", "passed"],
  ["messages: [first, then]", "failed messages"],
  ["messages: [first, last, '']", "failed messages"],
  ["annotations: { seen: 1 }", "passed"],
  ["annotations: {}", "failed annotations"],
  ["calls: []", "passed"],
  ["state: { a: b }", "failed state"],
  ["allowed: true, rules: [x], paths: []", "failed allowed rules paths"],
  ["error: sandbox.fuel", "failed error"],
];

test("runCase() compares a verdict with what is expected of it", async () => {
  const bench = await Bench.open(bundleOf(answering(DENIAL)));
  try {
    for (const [expect, wanted] of VERDICTS) {
      assert.is(await run(bench, `object: 1, expect: { ${expect} }`), wanted, expect);
    }
    const { fired, verdict } = await runCase(
      bench,
      await caseOf("object: 1, expect: { allowed: true }"),
      "a.yaml",
    );
    assert.equal(fired, ["a", "b"]);
    assert.is(verdict!.reasons.length, 3);
  } finally {
    await bench.close();
  }
});

/** A guest that traps for some documents and loops for others, by the length of its input. */
const MOODY = `(module
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (func (export "admission_check") (result i32)
    (if (i64.gt_u (call $length) (i64.const 5000)) (then (loop $l (br $l))))
    unreachable))`;

test("runCase() fails a case whose guest traps or loops, and the next one is run", async () => {
  const bench = await Bench.open(bundleOf(MOODY), { limits: { fuel: 1_000_000 } });
  const long = `{ a: "${"x".repeat(6_000)}" }`;
  try {
    assert.is(
      await run(bench, `object: ${long}, expect: { allowed: true }`),
      "failed sandbox.fuel",
    );
    assert.is(await run(bench, "object: 1, expect: { allowed: true }"), "failed sandbox.trap");
    assert.is(await run(bench, `object: ${long}, expect: { error: sandbox.fuel }`), "passed");
    assert.is(await run(bench, "object: 1, expect: { error: sandbox.fuel }"), "failed error");
    assert.is(
      await run(bench, "object: 1, expect: { error: { code: sandbox.trap, message: unreach } }"),
      "passed",
    );
    assert.is(
      await run(bench, "object: 1, expect: { error: { code: sandbox.trap, message: nowhere } }"),
      "failed error.message",
    );
    assert.is(
      await run(bench, "input: '', expect: { allowed: true }"),
      "failed test.case-invalid",
    );
  } finally {
    await bench.close();
  }
});

test("runCase() calls an entry point and compares its answer", async () => {
  const guest = answering('{"volumes":["a"]}').replace("admission_check", "ocm_list");
  const bench = await Bench.open(bundleOf(guest, {
    implements: [{ contract: "ocm", version: 1 }],
  }));
  const call = (expect: string) => run(bench, `call: ocm_list, expect: { ${expect} }`);
  try {
    assert.is(await call("answer: { volumes: [a] }"), "passed");
    assert.is(await call("answer: { volumes: [] }"), "failed answer");
    assert.is(await call("error: contract.output-invalid"), "failed error");
    assert.is(
      await run(bench, "call: network_add, request: {}, expect: { answer: {} }"),
      "failed contract.not-implemented",
    );
    assert.is(
      await run(bench, "object: 1, kind: json, expect: { allowed: true }"),
      "failed contract.not-implemented",
    );
  } finally {
    await bench.close();
  }
});

const DRIVERS: readonly (readonly [string, string[], string, string])[] = [
  [
    "netdriver",
    [
      ...["get_capabilities", "create_network", "delete_network", "create_endpoint"],
      ...["delete_endpoint", "join", "leave"],
    ],
    "netdriver_create_endpoint",
    "{ networkId: n, endpointId: e, interface: {}, options: {} }",
  ],
  [
    "ipam",
    [
      ...["get_default_address_spaces", "request_pool", "release_pool", "request_address"],
      "release_address",
    ],
    "ipam_release_address",
    "{ poolId: p, address: 10.0.0.1 }",
  ],
];
for (const [contract, methods, entry, request] of DRIVERS) {
  test(`runCase() calls a plugin of the contract ${contract}`, async () => {
    const answers = methods.map((method) => [`${contract}_${method}`, '{"a":1}']);
    const bench = await Bench.open(bundleOf(answeringEach(Object.fromEntries(answers)), {
      implements: [{ contract, version: 1 }],
    }));
    const call = (answer: string) =>
      run(bench, `call: ${entry}, request: ${request}, expect: { answer: ${answer} }`);
    try {
      assert.is(await call("{ a: 1 }"), "passed");
      assert.is(await call("{ a: 2 }"), "failed answer");
    } finally {
      await bench.close();
    }
  });
}

test("runCase() answers from the case's host and looks at what became of it", async () => {
  const bench = await Bench.open(bundleOf(asking("state_put", "directory_create", "exec_run"), {
    capabilities: ["state", "directory", "exec"],
  }));
  const object = JSON.stringify(requestsOf([
    [0, '{"key":"b","value":"2"}'],
    [1, '{"name":"y"}'],
    [2, '{"command":"x"}'],
  ]));
  const host = `host: { state: { a: "1" }, directory: [x], answers: { exec_run: { ok: 5 } } }`;
  const after = (expect: string) => run(bench, `object: ${object}, ${host}, expect: { ${expect} }`);
  try {
    assert.is(await after(`state: { b: "2", a: "1" }, directory: [y, x]`), "passed");
    assert.is(await after("calls: [state_put, directory_create, exec_run]"), "passed");
    assert.is(await after(`state: { a: "1" }, directory: [x]`), "failed state directory");
    assert.is(await after("calls: []"), "failed calls");
    assert.is(
      await run(
        bench,
        "object: '', host: { answers: { exec: { ok: 1 } } }, expect: { allowed: true }",
      ),
      "failed test.case-invalid",
    );
  } finally {
    await bench.close();
  }
});

test.run();
