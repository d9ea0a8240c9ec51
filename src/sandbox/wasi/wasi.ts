import { LineLog } from "./line-log.ts";
import { SeededRandom } from "./seeded-random.ts";
import { ERRNO, WasiMemory, WasiRefusal } from "./wasi-memory.ts";
import { pollOneoff, WasiClock } from "./wasi-poll.ts";
import { WASI_ANSWERED, WASI_FUNCTIONS } from "./wasi-signature.ts";

/** What the functions of one call need of the sandbox. */
export interface WasiHost {
  /** The guest's memory; asked at each access, since it grows. */
  memory(): WebAssembly.Memory | undefined;
  /** Nanoseconds since 1970: the request's `now`. */
  readonly now: bigint;
  /** Where the bytes of `random_get` begin, 64 bits; they are no secret. */
  readonly seed?: bigint;
  /** A line that the guest wrote to stdout (`info`) or stderr (`error`). Hostile text. */
  log(level: "info" | "error", text: string): void;
  /** Takes fuel for work that grows with an operand; throws when none is left. */
  charge(units: number): void;
  /** Called by `proc_exit`: must throw. */
  exit(code: number): never;
}

/** WASI for one call of one guest. */
export interface Wasi {
  /** Every function of preview 1, by its name. Throws only what `charge` and `exit` throw. */
  readonly functions: Readonly<Record<string, WasiFunction>>;
  /** Logs the lines that the guest did not end; to be called when its call is over. */
  flush(): void;
}

/** Takes i32 as numbers and i64 as bigints; gives an errno, except `proc_exit`. */
export type WasiFunction = (...args: (number | bigint)[]) => number | void;

/** The seed where the operator chose none: the same bytes in every call. */
const WASI_SEED = 0x636f66666572646dn;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

const CHARACTER_DEVICE = 2;
const RIGHT_READ = 1n << 1n;
const RIGHT_WRITE = 1n << 6n;
const RIGHT_POLL = 1n << 27n;

/**
 * WASI preview 1 without a world: no arguments, no environment, no files, no sockets; a clock that
 * shows the request's time and moves only while the guest sleeps, seeded random bytes, an empty
 * stdin, and a stdout and stderr that go to the log. What is not in `WASI_ANSWERED` gives `nosys`. The
 * same calls get the same answers on every machine.
 *
 * @see https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md
 */
export function wasiFunctions(host: WasiHost): Wasi {
  const memory = new WasiMemory(() => host.memory());
  const charge = (units: number) => host.charge(units);
  const clock = new WasiClock(host.now);
  const random = new SeededRandom(host.seed ?? WASI_SEED);
  const streams = new Map([
    [STDOUT, new LineLog((line) => host.log("info", line))],
    [STDERR, new LineLog((line) => host.log("error", line))],
  ]);
  const open = new Set([STDIN, STDOUT, STDERR]);
  const flush = () => streams.forEach((stream) => stream.flush());
  const checkOpen = (fd: number) => {
    if (!open.has(fd)) throw new WasiRefusal(ERRNO.badf);
  };
  const output = (fd: number): LineLog => {
    checkOpen(fd);
    return streams.get(fd) ?? refuse(ERRNO.badf);
  };
  const isReady = (fd: number, forWriting: boolean) =>
    open.has(fd) && streams.has(fd) === forWriting;
  const setU32 = (address: number, value: number) =>
    memory.view(address, 4).setUint32(0, value, true);
  const setU64 = (address: number, value: bigint) =>
    memory.view(address, 8).setBigUint64(0, value, true);

  /** No strings and no bytes of strings: of arguments, of the environment. */
  const none = (count: number, size: number) => {
    memory.bytes(count, 4);
    memory.bytes(size, 4);
    setU32(count, 0);
    setU32(size, 0);
  };

  const answered: Readonly<Record<string, (...args: never[]) => void>> = {
    args_sizes_get: none,
    args_get: () => {},
    environ_sizes_get: none,
    environ_get: () => {},

    clock_res_get: (id: number, address: number) => {
      clock.read(id);
      setU64(address, 1n);
    },
    clock_time_get: (id: number, _precision: bigint, address: number) =>
      setU64(address, clock.read(id)),
    poll_oneoff: (...args: [number, number, number, number]) =>
      pollOneoff(memory, clock, isReady, charge, args),
    sched_yield: () => {},

    random_get: (address: number, length: number) => {
      const bytes = memory.bytes(address, length >>> 0);
      charge(bytes.length);
      random.fill(bytes);
    },

    fd_write: (fd: number, list: number, count: number, written: number) => {
      const stream = output(fd);
      memory.bytes(written, 4);
      const buffers = memory.buffers(list, count, charge);
      const total = buffers.reduce((sum, { length }) => sum + length, 0);
      if (total > 0xffff_ffff) throw new WasiRefusal(ERRNO.inval);
      charge(total);
      for (const bytes of buffers) stream.write(bytes);
      setU32(written, total);
    },
    fd_read: (fd: number, list: number, count: number, read: number) => {
      checkOpen(fd);
      if (fd !== STDIN) throw new WasiRefusal(ERRNO.badf);
      memory.buffers(list, count, charge);
      setU32(read, 0);
    },
    fd_close: (fd: number) => {
      checkOpen(fd);
      streams.get(fd)?.flush();
      open.delete(fd);
    },
    fd_seek: (fd: number) => {
      checkOpen(fd);
      throw new WasiRefusal(ERRNO.spipe);
    },
    fd_tell: (fd: number) => {
      checkOpen(fd);
      throw new WasiRefusal(ERRNO.spipe);
    },
    fd_fdstat_get: (fd: number, address: number) => {
      checkOpen(fd);
      const view = memory.view(address, 24);
      new Uint8Array(view.buffer, view.byteOffset, 24).fill(0);
      view.setUint8(0, CHARACTER_DEVICE);
      view.setBigUint64(8, (fd === STDIN ? RIGHT_READ : RIGHT_WRITE) | RIGHT_POLL, true);
    },
    // No folder is handed over: guests ask from 3 upwards until they hear this.
    fd_prestat_get: () => refuse(ERRNO.badf),
    fd_prestat_dir_name: () => refuse(ERRNO.badf),

    proc_exit: (code: number) => {
      flush();
      host.exit(code >>> 0);
    },
  };

  const unanswered = () => {
    charge(CALL_FUEL);
    return ERRNO.nosys;
  };
  const functions = [...WASI_FUNCTIONS.keys()].map((name) => {
    const answer = WASI_ANSWERED.has(name) ? answered[name] : undefined;
    return [name, answer === undefined ? unanswered : withErrno(answer, charge)] as const;
  });
  return { functions: Object.fromEntries(functions), flush };
}

function refuse(errno: number): never {
  throw new WasiRefusal(errno);
}

/** Fuel for a call out of Wasm into this, whatever it asks for: it takes that much time. */
const CALL_FUEL = 256;

function withErrno(
  answer: (...args: never[]) => void,
  charge: (units: number) => void,
): WasiFunction {
  return (...args) => {
    charge(CALL_FUEL);
    try {
      (answer as (...args: unknown[]) => void)(...args);
      return ERRNO.success;
    } catch (error) {
      if (error instanceof WasiRefusal) return error.errno;
      throw error;
    }
  };
}
