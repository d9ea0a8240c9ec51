import * as assert from "uvu/assert";
import { WasiMemory } from "../../../src/sandbox/wasi/wasi-memory.ts";
import { pollOneoff, WasiClock } from "../../../src/sandbox/wasi/wasi-poll.ts";
import { suite } from "../../support/suite.ts";

const test = suite("sandbox/wasi-poll");

const BADF = 8;
const INVAL = 28;
const CLOCK = 0;
const READ = 1;
const WRITE = 2;

interface Wanted {
  readonly userdata: bigint;
  readonly tag: number;
  /** The clock's id, or the descriptor. */
  readonly id: number;
  readonly timeout?: bigint;
  readonly absolute?: boolean;
}

interface Event {
  readonly userdata: bigint;
  readonly errno: number;
  readonly tag: number;
  readonly hangup: boolean;
}

/** Polls with descriptors 0 to read and 1 to write; `output` is where the events go. */
function poll(clock: WasiClock, list: readonly Wanted[], output = 60_000): Event[] {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const view = new DataView(memory.buffer);
  list.forEach(({ userdata, tag, id, timeout = 0n, absolute = false }, index) => {
    const at = 64 + index * 48;
    view.setBigUint64(at, userdata, true);
    view.setUint8(at + 8, tag);
    view.setUint32(at + 16, id, true);
    view.setBigUint64(at + 24, timeout, true);
    view.setUint16(at + 40, absolute ? 1 : 0, true);
  });
  const isReady = (fd: number, forWriting: boolean) => fd === (forWriting ? 1 : 0);
  let charged = 0;
  const charge = (units: number) => charged += units;
  pollOneoff(new WasiMemory(() => memory), clock, isReady, charge, [64, output, list.length, 16]);
  assert.is(charged, list.length * 48);
  return Array.from({ length: view.getUint32(16, true) }, (_, index) => {
    const at = output + index * 32;
    return {
      userdata: view.getBigUint64(at, true),
      errno: view.getUint16(at + 8, true),
      tag: view.getUint8(at + 10),
      hangup: view.getUint16(at + 24, true) === 1,
    };
  });
}

const clockOf = (userdata: bigint, timeout: bigint, absolute = false): Wanted => ({
  userdata,
  tag: CLOCK,
  id: 1,
  timeout,
  absolute,
});

test("pollOneoff() lets time pass until the first moment, and no further", () => {
  const clock = new WasiClock(1_000n);
  const events = poll(clock, [clockOf(7n, 50n), clockOf(8n, 30n), clockOf(9n, 1_030n, true)]);
  assert.equal(events.map((event) => event.userdata), [8n, 9n]);
  assert.ok(events.every((event) => event.errno === 0 && event.tag === CLOCK));
  assert.is(clock.read(0), 1_030n);
  assert.is(clock.read(1), 1_030n);
});

test("pollOneoff() never turns time back, and stops at its end", () => {
  const clock = new WasiClock(1_000n);
  assert.is(poll(clock, [clockOf(1n, 5n, true)]).length, 1);
  assert.is(clock.read(0), 1_000n);
  assert.is(poll(clock, [clockOf(1n, 2n ** 64n - 1n)]).length, 1);
  assert.is(clock.read(0), 2n ** 64n - 1n);
  assert.is(poll(clock, [clockOf(1n, 1n)]).length, 1);
  assert.is(clock.read(0), 2n ** 64n - 1n);
});

test("WasiClock keeps within what 64 bits hold, and above zero", () => {
  assert.is(new WasiClock(-5n).read(0), 1n);
  assert.is(new WasiClock(0n).read(1), 1n);
  assert.is(new WasiClock(2n ** 70n).read(0), 2n ** 64n - 1n);
});

test("pollOneoff() finds streams ready before any time passes", () => {
  const clock = new WasiClock(1_000n);
  const events = poll(clock, [
    clockOf(1n, 50n),
    { userdata: 2n, tag: READ, id: 0 },
    { userdata: 3n, tag: WRITE, id: 1 },
    { userdata: 4n, tag: READ, id: 1 },
    { userdata: 5n, tag: WRITE, id: 9 },
    { userdata: 6n, tag: CLOCK, id: 99 },
  ]);
  assert.equal(events, [
    { userdata: 2n, errno: 0, tag: READ, hangup: true },
    { userdata: 3n, errno: 0, tag: WRITE, hangup: false },
    { userdata: 4n, errno: BADF, tag: READ, hangup: false },
    { userdata: 5n, errno: BADF, tag: WRITE, hangup: false },
    { userdata: 6n, errno: INVAL, tag: CLOCK, hangup: false },
  ]);
  assert.is(clock.read(0), 1_000n);
});

test("pollOneoff() reads all it was asked before it writes to the same place", () => {
  const list = [1n, 2n, 3n, 4n].map((userdata): Wanted => ({ userdata, tag: WRITE, id: 1 }));
  const events = poll(new WasiClock(0n), list, 64);
  assert.equal(events.map((event) => event.userdata), [1n, 2n, 3n, 4n]);
  assert.ok(events.every(({ errno, tag, hangup }) => errno === 0 && tag === WRITE && !hangup));
});

test("pollOneoff() refuses no subscription, too many, and what there is no kind of", () => {
  const clock = new WasiClock(0n);
  const refused = (list: readonly Wanted[]) => assert.throws(() => poll(clock, list), "errno 28");
  refused([]);
  refused([{ userdata: 0n, tag: 3, id: 0 }]);
  refused(Array.from({ length: 1_025 }, () => clockOf(0n, 0n)));
});

test.run();
