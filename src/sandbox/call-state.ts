import { encodeAnswer, encodeError } from "../capability/answer.ts";
import {
  createLogLine,
  LOG_LEVELS,
  LogBudget,
  type LogLevel,
  type LogLine,
  readLogLine,
} from "../capability/log.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import type { Kernel, KernelHost } from "./kernel/kernel.ts";

/** The one capability function that is answered where the guest runs. */
export const LOG = "log";

/** What a guest's call reaches outside of it. */
export interface CallHooks {
  /** A line of the guest's log, bounded and fit to be shown. */
  log(line: LogLine): void;
  /** Answers a capability's function, while the guest waits. */
  ask(name: string, request: Uint8Array): Uint8Array;
}

/** What a guest's host functions work on during one call, besides the kernel's memory. */
export class CallState implements KernelHost {
  /** A limit or a refusal that ended the call. */
  fault: PluginError | undefined;
  readonly #kernel: Kernel;
  readonly #hooks: CallHooks;
  readonly #charge: (units: number) => void;
  readonly #maxVarBytes: number;
  readonly #vars = new Map<string, Uint8Array>();
  readonly #budget = new LogBudget();
  #varBytes = 0;
  #asked = 0;

  /**
   * @param charge Takes fuel for work that grows with an operand; throws when none is left.
   * @param maxVarBytes Names and values of all variables together.
   */
  constructor(
    kernel: Kernel,
    hooks: CallHooks,
    charge: (units: number) => void,
    maxVarBytes: number,
  ) {
    this.#kernel = kernel;
    this.#hooks = hooks;
    this.#charge = charge;
    this.#maxVarBytes = maxVarBytes;
  }

  varGet(key: bigint): bigint {
    const value = this.#vars.get(this.#readName(key));
    if (value === undefined) return 0n;
    this.#charge(costOf(value.length));
    return this.#kernel.write(value);
  }

  varSet(key: bigint, address: bigint): void {
    const name = this.#readName(key);
    const old = this.#vars.get(name);
    if (old !== undefined) this.#varBytes -= old.length + VAR_SHARE;
    this.#vars.delete(name);
    if (address === 0n) return;
    const length = this.#kernel.length(address);
    this.#charge(costOf(length));
    this.#varBytes += length + VAR_SHARE;
    if (this.#varBytes > this.#maxVarBytes) {
      throw this.fail(
        "sandbox.memory",
        `it keeps more than ${this.#maxVarBytes} bytes in variables`,
      );
    }
    this.#vars.set(name, this.#kernel.read(address).slice());
  }

  log(level: number, message: bigint): void {
    const bytes = this.#kernel.read(message);
    this.#charge(costOf(bytes.length));
    this.logText(LOG_LEVELS[level]!, () => decode(bytes.subarray(0, MAX_LINE_BYTES)));
  }

  /** A line of plain text; it is not even decoded once the call has logged enough. */
  logText(level: LogLevel, text: () => string): void {
    if (this.#budget.isSpent) this.#budget.drop();
    else this.#log(createLogLine(level, text()));
  }

  /** To be called when the call has ended: says how many lines were dropped. */
  endLog(): void {
    const last = this.#budget.end();
    if (last !== undefined) this.#hooks.log(last);
  }

  #log(line: LogLine): void {
    if (this.#budget.take(line)) this.#hooks.log(line);
  }

  refuseHttp(): never {
    throw this.fail("capability.denied", "it asked for HTTP; there is no network here");
  }

  /** A capability's function: a block in, a block out. */
  ask(name: string, address: bigint): bigint {
    const request = this.#kernel.read(address).slice();
    this.#charge(costOf(request.length));
    const answer = name === LOG ? this.#answerLog(request) : this.#askHost(name, request);
    this.#charge(costOf(answer.length));
    return this.#kernel.write(answer);
  }

  #askHost(name: string, request: Uint8Array): Uint8Array {
    // A question costs the host far more than the guest's fuel; lines of the log have a bound of theirs.
    if (++this.#asked > LIMITS.capabilityCalls) {
      throw this.fail(
        "capability.limit",
        `it asked the host more than ${LIMITS.capabilityCalls} times in one call`,
      );
    }
    try {
      return this.#hooks.ask(name, request);
    } catch (error) {
      this.fault ??= PluginError.from(error);
      throw this.fault;
    }
  }

  #answerLog(request: Uint8Array): Uint8Array {
    if (this.#budget.isSpent) {
      this.#budget.drop();
      return encodeAnswer({ ok: {} });
    }
    // Read as JSON and made fit to be shown, whatever becomes of it; what is longer is not looked at.
    if (request.length <= LIMITS.requestBytes) this.#charge(request.length * JSON_UNITS);
    try {
      this.#log(readLogLine(request));
      return encodeAnswer({ ok: {} });
    } catch (error) {
      this.#budget.refuse();
      return encodeError(LOG, error);
    }
  }

  /** The call ends with this; the first one counts. */
  fail(code: PluginError["code"], what: string): PluginError {
    this.fault ??= new PluginError(code, `The plugin was stopped: ${what}`);
    return this.fault;
  }

  #readName(address: bigint): string {
    const bytes = this.#kernel.read(address);
    if (bytes.length > MAX_NAME_BYTES) {
      throw this.fail(
        "sandbox.memory",
        `a variable's name has ${bytes.length} bytes, at most ${MAX_NAME_BYTES} are allowed`,
      );
    }
    this.#charge(costOf(bytes.length));
    return decode(bytes);
  }
}

/** A variable's name. */
const MAX_NAME_BYTES = 1_024;

/** What a variable costs besides its value: its name and the host's own bookkeeping. */
const VAR_SHARE = MAX_NAME_BYTES + 128;

/** More of a log line is not even decoded. */
const MAX_LINE_BYTES = 16_384;

/** Fuel for each byte of JSON that the guest's own thread reads. */
const JSON_UNITS = 32;

/** Fuel for moving bytes between guest and host, besides what the call itself costs. */
function costOf(bytes: number): number {
  return 256 + Math.ceil(bytes / 8);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
