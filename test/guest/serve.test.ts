/** What a plugin in TypeScript finds when it is called, and what becomes of what it answers. */
import * as assert from "uvu/assert";
import { createHost, type Host } from "../../src/host/host.ts";
import { jsonDocument } from "../support/document.ts";
import { ExtismMock } from "../support/extism-mock.ts";
import { suite } from "../support/suite.ts";
import { buildSource, judging, type SourceOptions } from "../support/typescript-plugin.ts";

interface Context {
  host: Host;
  lines: [string, string][];
}

const test = suite<Context>("serve");

const NOW = "2026-01-31T12:34:56.789Z";

test.before(async (context) => {
  context.lines = [];
  const onLog = ({ level, message }: { level: string; message: string }) =>
    context.lines.push([level, message]);
  context.host = await createHost({ onLog });
});

test.after(({ host }) => host.close());

/** The value of an expression of `request` and `host`, as a plugin sees it. */
async function valueOf(host: Host, expression: string, options?: SourceOptions): Promise<unknown> {
  const body = `return { allowed: true, reasons: [], annotations: { value: ${expression} } };`;
  const { bytes } = await buildSource(judging(body), options);
  const plugin = await host.load(bytes);
  return (await plugin.admission.check(jsonDocument({ a: [1, 2] }), { now: NOW })).annotations!
    .value;
}

const VALUES: readonly (readonly [expression: string, value: unknown])[] = [
  ["request.object", { a: [1, 2] }],
  ["[Date.now(), new Date().toISOString(), Date().slice(0, 15)]", [
    Date.parse(NOW),
    NOW,
    "Sat Jan 31 2026",
  ]],
  [
    "[new Date(0) instanceof Date, new Date(0).constructor === Date, new Date(2026, 0, 31).getDate()]",
    [
      true,
      true,
      31,
    ],
  ],
  [
    "(() => { try { return Math.random(); } catch (error) { return error.message; } })()".replace(
      "error.",
      "(error as Error).",
    ),
    "Math.random() is refused: the same request must get the same answer; derive what must differ from the request",
  ],
  [
    "['Intl', 'setTimeout', 'fetch', 'URL', 'crypto', 'TextEncoder', 'performance', '$engine:a', '$result'].filter((name) => name in globalThis)",
    [],
  ],
  ["[[1, 2, 3].toSorted((a, b) => b - a), /\\p{L}+/v.exec('-äb-')![0], (2n ** 64n).toString()]", [
    [3, 2, 1],
    "äb",
    "18446744073709551616",
  ]],
];

for (const [expression, value] of VALUES) {
  test(`a plugin finds ${JSON.stringify(value)} for ${expression}`, async ({ host }) => {
    assert.equal(await valueOf(host, expression), value);
  });
}

test("a plugin's console writes to the log at its level, whatever it is given", async (context) => {
  context.lines.length = 0;
  await valueOf(
    context.host,
    `[console.debug("d"), console.trace("t"), console.log("l", 1, null, { a: "ü" }, undefined),
      console.info([1]), console.warn(() => 1, Symbol("s"), 5n), console.error(new RangeError("no"))]`,
  );
  const [error] = context.lines.splice(5);
  assert.equal(context.lines, [
    ["debug", "d"],
    ["debug", "t"],
    ["info", 'l 1 null {"a":"ü"} undefined'],
    ["info", "[1]"],
    ["warn", "[function ] Symbol(s) 5"],
  ]);
  assert.is(error![0], "error");
  assert.match(error![1], /^RangeError: no/);
});

interface Ending {
  readonly what: string;
  readonly source: string;
  readonly says: readonly (string | RegExp)[];
}

const ASYNC = (body: string) =>
  judging("return (async () => { await null; await null; " + body + " })();");

const ENDINGS: readonly Ending[] = [
  {
    what: "throws an error",
    source: judging(
      "return deeper(request.object);",
      "function deeper(value: any): never {\n  throw new TypeError(`no ${typeof value}`);\n}",
    ),
    says: ["TypeError: no object", "at deeper (policy.ts:3:", "(policy.ts:5:"],
  },
  {
    what: "throws within a promise",
    source: ASYNC("throw new RangeError('later');"),
    says: ["RangeError: later", "policy.ts:3:"],
  },
  { what: "throws a text", source: judging("throw 'just so';"), says: ["thrown: just so"] },
  { what: "throws nothing", source: judging("throw undefined;"), says: ["thrown: undefined"] },
  {
    what: "throws what cannot be told",
    source: judging("throw { get toJSON() { throw this; }, toString() { throw this; } };"),
    says: ["thrown: [object Object]"],
  },
  {
    what: "throws an error whose parts throw",
    source: judging(
      "throw Object.defineProperty(new Error(), 'message', { get() { throw null; } });",
    ),
    says: ["admission_check"],
  },
  {
    what: "uses a global that is not there",
    source: judging("return new (globalThis as any).Intl.NumberFormat() ?? Intl;"),
    says: ["TypeError"],
  },
  {
    what: "uses Intl",
    source: judging("return new Intl.NumberFormat('en').format(1);"),
    says: ["Intl is not defined", "no Intl", "policy.ts:3:"],
  },
  {
    what: "uses setTimeout",
    source: judging("return setTimeout(() => {}, 1);"),
    says: ["setTimeout is not defined", "nothing in it waits"],
  },
  {
    what: "returns nothing",
    source: judging("return;"),
    says: ['"admission_check" returned undefined, wanted an object'],
  },
  {
    what: "returns a function",
    source: judging("return () => 1;"),
    says: ["returned [function ]"],
  },
  {
    what: "returns what holds itself",
    source: judging("const o: any = {}; o.o = o; return o;"),
    says: ["TypeError: circular reference"],
  },
  {
    what: "returns a number beyond JSON",
    source: judging("return 5n;"),
    says: ["BigInt"],
  },
  {
    what: "returns a promise that nothing settles",
    source: judging("return new Promise(() => {});"),
    says: ['"admission_check" returned a promise that nothing settles'],
  },
  {
    what: "leaves a promise rejected and allows",
    source: judging(
      "void (async () => { throw new Error('the real check'); })(); return { allowed: true, reasons: [] };",
    ),
    says: ["Error: the real check", "policy.ts:3:"],
  },
  {
    what: "hears of another promise than the one it leaves rejected",
    source: judging(
      `void Promise.reject(new Error("unheard"));
       void Promise.reject(new Error("unheard too"));
       const heard = Promise.reject(new Error("heard"));
       return heard.catch(() => ({ allowed: true, reasons: [] }));`,
    ),
    says: [/Error: unheard\n/],
  },
];

for (const { what, source, says } of ENDINGS) {
  test(`a plugin that ${what} fails, and says so`, async ({ host }) => {
    const { bytes } = await buildSource(source);
    const plugin = await host.load(bytes);
    try {
      await plugin.admission.check(jsonDocument({}));
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      assert.is(code, "sandbox.guest-error", message);
      for (const words of says) assert.match(message, words);
      return;
    }
    assert.unreachable("it answered");
  });
}

test("a plugin may answer with a promise", async ({ host }) => {
  const { bytes } = await buildSource(ASYNC("return { allowed: true, reasons: [] };"));
  const plugin = await host.load(bytes);
  assert.is((await plugin.admission.check(jsonDocument({}))).allowed, true);
});

test("a plugin that forgets to wait still answers with what its jobs find", async ({ host }) => {
  const check = `const reasons: { rule: string; message: string; severity: "error" }[] = [];
    const isGood = async (item: number) => { await null; return item < 2; };
    request.object.a.forEach(async (item: number) => {
      if (!(await isGood(item))) reasons.push({ rule: "a", message: "no " + item, severity: "error" });
    });
    const verdict = { allowed: reasons.length === 0, reasons };`;
  for (const answer of ["verdict", "(async () => verdict)()"]) {
    const { bytes } = await buildSource(judging(`${check}\nreturn ${answer};`));
    const { admission } = await host.load(bytes);
    const verdict = await admission.check(jsonDocument({ a: [1, 2] }));
    assert.is(verdict.allowed, false, answer);
    assert.equal(verdict.reasons.map(({ message }) => message), ["no 2"]);
    assert.is((await admission.check(jsonDocument({ a: [1] }))).allowed, true);
  }
});

test("a plugin may hear of a rejection later", async ({ host }) => {
  const { bytes } = await buildSource(judging(`
    const failed = Promise.reject(new Error("expected"));
    return (async () => {
      await null;
      try { await failed; } catch { return { allowed: true, reasons: [] }; }
    })();`));
  const plugin = await host.load(bytes);
  assert.is((await plugin.admission.check(jsonDocument({}))).allowed, true);
});

/** A plugin's instance, called again and again by a host that keeps it. */
async function keptInstance(source: string): Promise<(input: string) => ExtismMock> {
  const { bytes } = await buildSource(source);
  let mock: ExtismMock;
  const module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
  const functions = WebAssembly.Module.imports(module).map(({ name }) =>
    [name, (...args: bigint[]) => mock.functions[name]!(...args)] as const
  );
  const { exports } = await WebAssembly.instantiate(module, {
    "extism:host/env": Object.fromEntries(functions),
  });
  return (input) => {
    mock = new ExtismMock(input);
    (exports.admission_check as () => number)();
    return mock;
  };
}

test("a plugin that is kept may hear of an old rejection, and leave a new one", async () => {
  const call = await keptInstance(judging(
    `if (request.object === "leave") {
      old = Promise.reject(new Error("old"));
      return {};
    }
    old?.catch(() => {});
    if (request.object === "hear") return { heard: true };
    void Promise.reject(new Error("new"));
    return {};`,
    "let old: Promise<never> | undefined;",
  ));
  const request = (object: string) => JSON.stringify({ contract: "admission", version: 1, object });
  assert.match(call(request("leave")).error!, /^Error: old\n/);
  assert.is(call(request("hear")).output, '{"heard":true}');
  assert.match(call(request("leave")).error!, /^Error: old\n/);
  assert.match(call(request("hear and leave")).error!, /^Error: new\n/);
});

test("a plugin says the same of the same request that is no JSON", async () => {
  const call = await keptInstance(judging("return { allowed: true, reasons: [] };"));
  const request = (text: string) => `{"contract":"admission","version":1,"object":"${text}"}`;
  const first = call("{").error!;
  assert.match(first, "at request:1:");
  call(request("something else in memory"));
  assert.is(call("{").error, first);
});

test("a plugin answers as before when its top level replaces globals", async ({ host }) => {
  const replaced = ["JSON.parse", "JSON.stringify", "Object.entries", "Object.keys", "Date.parse"]
    .map((name) => `${name} = () => { throw new Error("replaced"); };`).join("\n");
  const { bytes } = await buildSource(judging(
    "return { allowed: true, reasons: [], annotations: { now: Date.now() } };",
    replaced,
  ));
  const { admission } = await host.load(bytes);
  const verdict = await admission.check(jsonDocument({}), { now: NOW });
  assert.equal(verdict.annotations, { now: new Date(NOW).getTime() });
});

test("a plugin keeps nothing from one call to the next, in both modes", async ({ host }) => {
  const source = judging(
    "count++; return { allowed: true, reasons: [], annotations: { count } };",
    "let count = 0;",
  );
  const { bytes } = await buildSource(source);
  for (const mode of ["inline", "worker"] as const) {
    const plugin = await host.load(bytes, { mode });
    for (let call = 0; call < 3; call++) {
      const verdict = await plugin.admission.check(jsonDocument({}));
      assert.equal(verdict.annotations, { count: 1 });
    }
  }
});

test.run();
