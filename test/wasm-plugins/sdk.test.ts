import createPlugin, { type Plugin } from "@extism/extism";
import * as assert from "uvu/assert";
import asc from "assemblyscript/asc";
import { PROJECT } from "../../scripts/project.ts";
import {
  type AssemblyScriptCompiler,
  compileAssemblyScript,
} from "../../src/build/assemblyscript.ts";
import { suite } from "../support/suite.ts";

const test = suite("wasm-plugins/sdk");

let module: WebAssembly.Module;
let plugin: Plugin;

test.before(async () => {
  const compiler = asc as unknown as AssemblyScriptCompiler;
  const bytes = await compileAssemblyScript(compiler, {
    folder: PROJECT,
    entry: "wasm-plugins/sdk/test/echo.ts",
    kit: "wasm-plugins/sdk/assembly",
  });
  module = await WebAssembly.compile(bytes.slice());
  plugin = await createPlugin(module);
});
test.after(() => plugin.close());

async function call(name: string, input: string | Uint8Array): Promise<string> {
  const output = await plugin.call(name, input);
  if (output === null) throw new Error("the guest gave no output");
  return output.text();
}

/** The message with which the guest refuses `input`. */
async function refusal(input: string | Uint8Array): Promise<string> {
  try {
    return `taken as ${await call("echo", input)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const VALUES: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["empty containers", [{}, [], "", { "": {} }]],
  ["nesting", { a: [1, [2, { b: [true, false, null] }]], c: { d: { e: [] } } }],
  ["escapes", '\b\f\n\r\t"\\/\u0000\u001f\u007f'],
  ["one to four bytes of UTF-8", "a\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff} é 漢 🎉"],
  ["lone surrogates", ["\ud800", "\udc00x", "x\udbff", "\ud800\ud800\udc00"]],
  ["names that need escapes", { 'a"b': 1, "c\\d": 2, "é": 3, "🎉": 4, "\n": 5 }],
];

for (const [name, value] of VALUES) {
  test(`Json reads and JsonWriter writes ${name}`, async () => {
    assert.equal(JSON.parse(await call("echo", JSON.stringify(value))), value);
  });
}

test("Json leaves numbers as they are written", async () => {
  const text = "[0,-0,1.5,-1e+3,1E5,0.0e-0,123456789012345678901234567890]";
  assert.is(await call("echo", text), text);
});

test("Json takes blanks and escapes of every form", async () => {
  assert.is(
    await call("echo", ' \t\r\n{ "\\u0041\\/" : [ 1 , "\\ud83c\\udf89\\u00e9" ] } \n'),
    '{"A/":[1,"🎉é"]}',
  );
});

test("Json reads random values like JSON.parse", async () => {
  const random = generator(20_261_120);
  for (let i = 0; i < 300; i++) {
    const value = randomValue(random, 5);
    const text = JSON.stringify(value, null, i % 3);
    assert.equal(JSON.parse(await call("echo", text)), JSON.parse(text), text);
  }
});

test("Json tells every cut-off text from a whole one", async () => {
  const text = '{"a":[1.5e3,"x\\u00e9é",true,null,{"b":false}]}';
  const bytes = new TextEncoder().encode(text);
  for (let length = 0; length < bytes.length; length++) {
    assert.match(await refusal(bytes.subarray(0, length)), / at byte \d+/, `${length} bytes`);
  }
  assert.is(await call("echo", bytes), text.replace("\\u00e9", "é"));
});

const MALFORMED: readonly (string | number[])[] = [
  "",
  "01",
  "-",
  "1.",
  ".5",
  "1e",
  "+1",
  "0x10",
  "NaN",
  "tru",
  "nul",
  "True",
  "[1,]",
  "[,1]",
  "[1 2]",
  "{,}",
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  "{a:1}",
  "{1:1}",
  "'a'",
  '"\t"',
  '"\\x"',
  '"\\u12g4"',
  '"a',
  "1 1",
  "[1]]",
  "\ufeff1",
  "1\u0000",
  '{"a":1,"a":2}',
  [0x22, 0x80, 0x22],
  [0x22, 0xc0, 0xaf, 0x22],
  [0x22, 0xe0, 0x80, 0x80, 0x22],
  [0x22, 0xed, 0xa0, 0x80, 0x22],
  [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
  [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22],
  [0x22, 0xe2, 0x82, 0x22],
];

for (const input of MALFORMED) {
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : Uint8Array.from(input);
  test(`Json refuses ${JSON.stringify(input)}`, async () => {
    assert.match(await refusal(bytes), / at byte \d+/);
  });
}

test("Json reads 512 levels and refuses one more", async () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.is(await call("echo", nested(512)), nested(512));
  assert.match(await refusal(nested(513)), /nested too deeply/);
  assert.match(await refusal("[".repeat(100_000)), /nested too deeply/);
});

test("Json.pointer() leads to the value", async () => {
  const value = { a: [0, { "b/c~d": ["x", { "é\n": ["here"] }] }] };
  assert.equal(JSON.parse(await call("find", JSON.stringify(value))), [
    "/a/1/b~1c~0d/1/é\n/0",
    "here",
  ]);
});

test("a call starts from an empty heap, however many came before", async () => {
  const text = JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ name: `item ${i}` })));
  const memory = (await plugin.getInstance()).exports.memory as WebAssembly.Memory;
  await call("echo", text);
  const pages = memory.buffer.byteLength / 65536;
  for (let i = 0; i < 50; i++) assert.is(await call("echo", text), text);
  assert.is(memory.buffer.byteLength / 65536, pages);
});

test("a throw says what and where before it traps", async () => {
  // By hand: the SDK's own call() drops the message of a guest that traps.
  const said = new Uint8Array(1000);
  let length = 0;
  const imports = {
    "extism:host/env": new Proxy({}, {
      get: (_target, name) => (...args: bigint[]) => {
        if (name === "alloc") {
          length = Number(args[0]);
          return 0n;
        }
        if (name === "store_u8") said[Number(args[0])] = Number(args[1]);
        if (name === "store_u64") {
          new DataView(said.buffer).setBigUint64(
            Number(args[0]),
            BigInt.asUintN(64, args[1]!),
            true,
          );
        }
        return undefined;
      },
    }),
  };
  const { exports } = await WebAssembly.instantiate(module, imports);
  assert.throws(exports.abandon as () => number, /unreachable/);
  assert.match(
    new TextDecoder().decode(said.subarray(0, length)),
    /^given up \(wasm-plugins\/sdk\/test\/echo\.ts:\d+:\d+\)$/,
  );
});

/** Numbers from 0 to 1 that are the same in every run. @see https://en.wikipedia.org/wiki/Xorshift */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function randomValue(random: () => number, depth: number): unknown {
  const below = (n: number) => Math.floor(random() * n);
  const text = () =>
    String.fromCharCode(
      ...Array.from({ length: below(8) }, () => below(2) ? below(128) : below(65536)),
    );
  switch (below(depth > 0 ? 7 : 5)) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
      return below(2 ** 31) - 2 ** 30;
    case 3:
      return (random() - 0.5) * 10 ** below(40);
    case 4:
      return text();
    case 5:
      return Array.from({ length: below(6) }, () => randomValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: below(6) }, () => [text(), randomValue(random, depth - 1)]),
      );
  }
}

test.run();
