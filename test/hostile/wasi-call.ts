/** Addresses that are not a guest's, in every function of WASI. */
import { WASI_FUNCTIONS } from "../../src/sandbox/wasi/wasi-signature.ts";
import { allowingAfter, type HostileGuest } from "./hostile-guest.ts";

const SUCCESS = 0;
const BADF = 8;
const FAULT = 21;
const INVAL = 28;
const NOSYS = 52;
const SPIPE = 70;

/** A guest that calls `name` and traps unless it is answered `errno`. */
function calling(
  name: string,
  args: readonly (number | string)[],
  errno: number,
  what = args.join(", "),
): HostileGuest {
  const { params } = WASI_FUNCTIONS.get(name)!;
  const given = params.map((type, index) => `(${type}.const ${args[index]})`).join(" ");
  return {
    what: `calls ${name} with ${what}`,
    text: allowingAfter(
      `(if (i32.ne (call $f ${given}) (i32.const ${errno})) (then unreachable))`,
      `(import "wasi_snapshot_preview1" "${name}"
        (func $f (param ${params.join(" ")}) (result i32)))`,
    ),
    code: "allowed",
  };
}

/** The guest's memory has two pages. */
const END = 131_072;

const ANSWERED: readonly HostileGuest[] = [-1, END, END - 3, 0x7fff_ffff].flatMap((at) => [
  calling("args_sizes_get", [at, 0], FAULT),
  calling("args_sizes_get", [0, at], FAULT),
  calling("environ_sizes_get", [at, 0], FAULT),
  calling("clock_res_get", [0, at], FAULT),
  calling("clock_time_get", [0, 0, at], FAULT),
  calling("random_get", [at, 4], FAULT),
  calling("fd_fdstat_get", [1, at], FAULT),
  calling("fd_write", [1, at, 1, 0], FAULT),
  calling("fd_write", [1, 0, 0, at], FAULT),
  calling("fd_read", [0, at, 1, 0], FAULT),
  calling("fd_read", [0, 0, 0, at], FAULT),
  calling("poll_oneoff", [at, 0, 1, 0], FAULT),
  calling("poll_oneoff", [0, at, 1, 0], FAULT),
  calling("poll_oneoff", [0, 64, 1, at], FAULT),
]);

const REFUSED: readonly HostileGuest[] = [
  calling("args_get", [-1, -1], SUCCESS),
  calling("environ_get", [-1, -1], SUCCESS),
  calling("sched_yield", [], SUCCESS),
  calling("random_get", [0, -1], FAULT),
  calling("clock_res_get", [-1, 0], INVAL),
  calling("clock_time_get", [4, 0, 0], INVAL),
  calling("fd_write", [1, 0, -1, 0], INVAL),
  calling("fd_write", [-1, 0, 0, 0], BADF),
  calling("fd_write", [0, 0, 0, 0], BADF),
  calling("fd_read", [1, 0, 0, 0], BADF),
  calling("fd_close", [-1], BADF),
  calling("fd_seek", [0, 0, 0, -1], SPIPE),
  calling("fd_tell", [0, -1], SPIPE),
  calling("fd_prestat_get", [3, -1], BADF),
  calling("fd_prestat_dir_name", [3, -1, -1], BADF),
  calling("poll_oneoff", [0, 0, -1, 0], INVAL),
];

const known = new Set([...ANSWERED, ...REFUSED].map(({ what }) => what.split(" ")[1]));

/** All the others know no world, whatever they are given. */
const UNANSWERED: readonly HostileGuest[] = [...WASI_FUNCTIONS]
  .filter(([name]) => !known.has(name) && name !== "proc_exit")
  .map(([name, { params }]) => calling(name, params.map(() => -1), NOSYS, "-1 everywhere"));

/** Every call. */
export const WASI_CALLS: readonly HostileGuest[] = [
  ...ANSWERED,
  ...REFUSED,
  ...UNANSWERED,
  {
    what: "ends itself by proc_exit(0) before it allows",
    text: allowingAfter(
      "(call $exit (i32.const 0))",
      '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))',
    ),
    code: "sandbox.guest-error",
  },
];
