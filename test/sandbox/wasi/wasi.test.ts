import * as assert from "uvu/assert";
import { type Wasi, wasiFunctions, type WasiHost } from "../../../src/sandbox/wasi/wasi.ts";
import { WASI_ANSWERED, WASI_FUNCTIONS } from "../../../src/sandbox/wasi/wasi-signature.ts";
import { suite } from "../../support/suite.ts";

const test = suite("sandbox/wasi");

const SUCCESS = 0;
const BADF = 8;
const FAULT = 21;
const INVAL = 28;
const NOSYS = 52;
const SPIPE = 70;

const NOW = 1_763_676_000_123_456_789n;
const PAGE = 65_536;

class Exit extends Error {}

interface Guest {
  readonly memory: WebAssembly.Memory;
  readonly view: DataView;
  readonly wasi: Wasi;
  readonly lines: string[];
  /** What was charged so far. */
  fuel: number;
  call(name: string, ...args: (number | bigint)[]): number | void;
  /** Writes an iovec list at `at`. */
  buffers(at: number, list: readonly (readonly [number, number])[]): void;
  text(at: number, text: string): number;
}

function makeGuest(change: Partial<WasiHost> = {}): Guest {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const lines: string[] = [];
  const view = new DataView(memory.buffer);
  const guest: Guest = {
    memory,
    view,
    lines,
    fuel: 0,
    wasi: wasiFunctions({
      memory: () => memory,
      now: NOW,
      log: (level, text) => lines.push(`${level} ${text}`),
      charge: (units) => guest.fuel += units,
      exit: (code) => {
        throw new Exit(`exit ${code}`);
      },
      ...change,
    }),
    call: (name, ...args) => guest.wasi.functions[name]!(...args),
    buffers: (at, list) =>
      list.forEach(([address, length], index) => {
        view.setUint32(at + index * 8, address, true);
        view.setUint32(at + index * 8 + 4, length, true);
      }),
    text: (at, text) => {
      const bytes = new TextEncoder().encode(text);
      new Uint8Array(memory.buffer).set(bytes, at);
      return bytes.length;
    },
  };
  return guest;
}

test("wasiFunctions() has every function of preview 1, and refuses what is not answered", () => {
  const { wasi } = makeGuest();
  assert.equal(Object.keys(wasi.functions), [...WASI_FUNCTIONS.keys()]);
  for (const [name, { params }] of WASI_FUNCTIONS) {
    if (WASI_ANSWERED.has(name)) continue;
    const args = params.map((type) => type === "i64" ? 0n : 0);
    assert.is(wasi.functions[name]!(...args), NOSYS, name);
  }
});

test("wasiFunctions() shows no arguments and no environment", () => {
  const { call, view } = makeGuest();
  for (const name of ["args_sizes_get", "environ_sizes_get"]) {
    view.setBigUint64(16, -1n, true);
    assert.is(call(name, 16, 20), SUCCESS);
    assert.is(view.getBigUint64(16, true), 0n);
  }
  assert.is(call("args_get", 0, 0), SUCCESS);
  assert.is(call("environ_get", 0, 0), SUCCESS);
});

test("clock_time_get shows the request's time on every clock, again and again", () => {
  const { call, view } = makeGuest();
  for (const clock of [0, 1, 2, 3, 0, 1]) {
    assert.is(call("clock_time_get", clock, 0n, 8), SUCCESS);
    assert.is(view.getBigUint64(8, true), NOW);
    assert.is(call("clock_res_get", clock, 8), SUCCESS);
    assert.is(view.getBigUint64(8, true), 1n);
  }
  assert.is(call("clock_time_get", 4, 0n, 8), INVAL);
  assert.is(call("clock_res_get", -1, 8), INVAL);
});

test("random_get gives the same bytes for the same seed, whatever the length", () => {
  const bytes = (change: Partial<WasiHost>, address: number, length: number) => {
    const { call, memory } = makeGuest(change);
    assert.is(call("random_get", address, length), SUCCESS);
    return [...new Uint8Array(memory.buffer, address, length)];
  };
  const known = [104, 164, 35, 237, 111, 198, 23, 97];
  assert.equal(bytes({}, 3, 8), known);
  assert.equal(bytes({}, PAGE - 5, 5), known.slice(0, 5));
  assert.not.equal(bytes({ seed: 1n }, 0, 8), known);
  assert.equal(bytes({}, PAGE, 0), []);
});

test("random_get writes nothing outside of what was asked for and charges each byte", () => {
  const guest = makeGuest();
  assert.is(guest.call("random_get", 100, 5), SUCCESS);
  const around = new Uint8Array(guest.memory.buffer);
  assert.equal([around[99], around[105], around[106]], [0, 0, 0]);
  assert.is(guest.fuel, 256 + 5);
});

test("fd_write logs whole lines, stdout as info and stderr as errors", () => {
  const { call, text, view, buffers, lines, wasi } = makeGuest();
  const write = (fd: number, words: string) => {
    const length = text(1024, words);
    buffers(0, [[1024, 2], [1026, length - 2]]);
    assert.is(call("fd_write", fd, 0, 2, 64), SUCCESS);
    assert.is(view.getUint32(64, true), length);
  };
  write(1, "one\ntw");
  write(2, "bad\n");
  write(1, "o é\nthree");
  assert.equal(lines, ["info one", "error bad", "info two é"]);
  wasi.flush();
  wasi.flush();
  assert.equal(lines.slice(3), ["info three"]);
});

test("fd_write takes one buffer a thousand times, and charges for all of it", () => {
  const guest = makeGuest();
  const { call, buffers, view, lines, wasi } = guest;
  new Uint8Array(guest.memory.buffer).fill(0x61, 16_384);
  buffers(0, Array.from({ length: 1024 }, () => [16_384, 40_000] as const));
  assert.is(call("fd_write", 1, 0, 1024, 10_000), SUCCESS);
  assert.is(view.getUint32(10_000, true), 40_960_000);
  assert.is(guest.fuel, 256 + 40_960_000 + 1024 * 8);
  assert.is(call("fd_write", 1, 0, 1024, 10_000), SUCCESS);
  wasi.flush();
  assert.ok(lines.join("").length < 1_100_000);
  assert.is(lines.filter((line) => line.includes("dropped")).length, 1);
});

test("every function costs what leaving Wasm costs, also where it refuses", () => {
  for (const name of ["fd_close", "fd_tell", "sock_shutdown", "proc_raise", "sched_yield"]) {
    const guest = makeGuest();
    guest.call(name, 99, 0);
    assert.is(guest.fuel, 256, name);
  }
});

test("fd_write tells of a fault before it logs anything", () => {
  const { call, text, buffers, lines, wasi } = makeGuest();
  const length = text(1024, "x\n");
  buffers(0, [[1024, length], [PAGE - 1, 2]]);
  assert.is(call("fd_write", 1, 0, 2, 64), FAULT);
  assert.is(call("fd_write", 1, 0, 1, PAGE - 3), FAULT);
  assert.is(call("fd_write", 1, PAGE - 7, 1, 64), FAULT);
  wasi.flush();
  assert.equal(lines, []);
});

test("fd_write ends with what charge throws, before it logs", () => {
  const { call, text, buffers, lines } = makeGuest({
    charge: (units) => {
      if (units > 100) throw new Exit("no fuel");
    },
  });
  buffers(0, [[1024, text(1024, `${"x".repeat(200)}\n`)]]);
  assert.throws(() => call("fd_write", 1, 0, 1, 64), /no fuel/);
  assert.throws(() => call("random_get", 0, 101), /no fuel/);
  assert.equal(lines, []);
});

test("fd_read finds the end of stdin", () => {
  const { call, view, buffers } = makeGuest();
  buffers(0, [[100, 50]]);
  view.setUint32(64, 7, true);
  assert.is(call("fd_read", 0, 0, 1, 64), SUCCESS);
  assert.is(view.getUint32(64, true), 0);
  assert.is(call("fd_read", 1, 0, 1, 64), BADF);
  assert.is(call("fd_write", 0, 0, 1, 64), BADF);
});

test("the three streams are character devices that cannot seek, and can be closed once", () => {
  const { call, view, buffers, text, lines } = makeGuest();
  for (const [fd, rights] of [[0, 1 << 1], [1, 1 << 6], [2, 1 << 6]] as const) {
    new Uint8Array(view.buffer, 200, 32).fill(0xff);
    assert.is(call("fd_fdstat_get", fd, 200), SUCCESS);
    assert.is(view.getUint8(200), 2);
    assert.is(view.getUint16(202, true), 0);
    assert.is(view.getBigUint64(208, true), BigInt(rights | 1 << 27));
    assert.is(view.getBigUint64(216, true), 0n);
    assert.is(view.getUint8(224), 0xff);
    assert.is(call("fd_seek", fd, 0n, 0, 300), SPIPE);
    assert.is(call("fd_tell", fd, 300), SPIPE);
  }
  buffers(0, [[1024, text(1024, "last")]]);
  assert.is(call("fd_write", 2, 0, 1, 64), SUCCESS);
  assert.is(call("fd_close", 2), SUCCESS);
  assert.equal(lines, ["error last"]);
  assert.is(call("fd_close", 2), BADF);
  assert.is(call("fd_write", 2, 0, 1, 64), BADF);
  assert.is(call("fd_fdstat_get", 2, 200), BADF);
});

test("there are no other descriptors and no folders", () => {
  const { call } = makeGuest();
  for (const fd of [3, 4, -1, 0x7fff_ffff, -0x8000_0000]) {
    assert.is(call("fd_prestat_get", fd, 0), BADF);
    assert.is(call("fd_prestat_dir_name", fd, 0, 0), BADF);
    assert.is(call("fd_fdstat_get", fd, 0), BADF);
    assert.is(call("fd_close", fd), BADF);
    assert.is(call("fd_seek", fd, 0n, 0, 0), BADF);
    assert.is(call("fd_read", fd, 0, 0, 0), BADF);
    assert.is(call("fd_write", fd, 0, 0, 0), BADF);
  }
});

test("proc_exit logs what is left and gives the code to the host", () => {
  const { call, buffers, text, lines } = makeGuest();
  buffers(0, [[1024, text(1024, "panic")]]);
  call("fd_write", 2, 0, 1, 64);
  assert.throws(() => call("proc_exit", 2), /exit 2$/);
  assert.equal(lines, ["error panic"]);
  assert.throws(() => call("proc_exit", -1), /exit 4294967295$/);
});

test("sched_yield does nothing", () => assert.is(makeGuest().call("sched_yield"), SUCCESS));

/** Addresses and lengths that no guest of good will would use. */
const HOSTILE = [0, 1, PAGE - 1, PAGE, PAGE + 1, 0x7fff_ffff, -0x8000_0000, -1, -4, -8];

test("no function throws for any address, length or descriptor", () => {
  for (const memory of [undefined, () => undefined]) {
    const { wasi } = makeGuest(memory === undefined ? {} : { memory });
    let calls = 0;
    for (const [name, { params }] of WASI_FUNCTIONS) {
      if (name === "proc_exit") continue;
      for (let round = 0; round < 400; round++) {
        // Each parameter turns at a pace of its own.
        const args = params.map((type, index) => {
          const value = HOSTILE[(round * (index * 3 + 1) + index) % HOSTILE.length]!;
          return type === "i64" ? BigInt(value) : value;
        });
        const errno = wasi.functions[name]!(...args);
        assert.ok([SUCCESS, BADF, FAULT, INVAL, NOSYS, SPIPE].includes(errno!), `${name} ${args}`);
        calls++;
      }
    }
    assert.is(calls, 400 * 45);
  }
});

test("functions say fault for addresses outside of the memory", () => {
  const { call } = makeGuest();
  const faults: readonly (readonly [string, ...(number | bigint)[]])[] = [
    ["args_sizes_get", 0, PAGE - 3],
    ["args_sizes_get", -4, 0],
    ["environ_sizes_get", PAGE, 0],
    ["clock_time_get", 0, 0n, PAGE - 7],
    ["clock_res_get", 0, -8],
    ["random_get", 1, PAGE],
    ["random_get", -1, -1],
    ["random_get", PAGE + 1, 0],
    ["fd_write", 1, PAGE, 1, 0],
    ["fd_write", 1, 0, 0, PAGE],
    ["fd_read", 0, 0, 0, -1],
    ["fd_fdstat_get", 1, PAGE - 23],
    ["poll_oneoff", PAGE - 47, 0, 1, 0],
    ["poll_oneoff", 0, PAGE - 31, 1, 0],
    ["poll_oneoff", 0, 0, 1, PAGE - 3],
  ];
  for (const [name, ...args] of faults) assert.is(call(name, ...args), FAULT, `${name} ${args}`);
  assert.is(call("random_get", 0, PAGE), SUCCESS);
  assert.is(call("fd_write", 1, 0, 1025, 0), INVAL);
  assert.is(call("fd_write", 1, 0, -1, 0), INVAL);
});

test("functions see a memory that has grown", () => {
  const { call, memory } = makeGuest();
  assert.is(call("random_get", PAGE, 4), FAULT);
  memory.grow(1);
  assert.is(call("random_get", PAGE, 4), SUCCESS);
  assert.not.equal([...new Uint8Array(memory.buffer, PAGE, 4)], [0, 0, 0, 0]);
});

test.run();
