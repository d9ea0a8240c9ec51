import { PluginError } from "../plugin-error.ts";
import type { Decision } from "./decision.ts";
import { checkPin, type Pin } from "./pin.ts";

/** What judges the pins of an {@link AdmissionPlugin}: a bundle, or a native plugin. */
export interface Checker {
  /** The file that is loaded or run, as it was named. */
  readonly executable: string;
  /**
   * Makes it ready; called once, before the first check.
   *
   * @param onFailure Hears, at most once, what ends it for good after it was ready.
   * @throws {PluginError}
   */
  start(onFailure: (error: PluginError) => void): Promise<void>;
  /** @throws {PluginError} where it could not tell */
  check(pin: Pin): Promise<Decision>;
  /** Ends it; resolves when it is gone, whatever state it was in. */
  close(): Promise<void>;
}

/**
 * An admission plugin, as CIPD's own host has it: asked once about each pin, started with the first
 * question, and never again.
 *
 * @see luci-go, cipd/client/cipd/plugin/host/admission.go
 */
export interface AdmissionPlugin {
  /** The bundle's file, or the native plugin's. */
  readonly executable: string;
  /**
   * Whether a pin may be installed.
   *
   * The same promise for the same pin, until {@link clearCache}; also after {@link close}. It rejects
   * where nobody could tell, which blocks as well. Once the plugin as a whole has failed, all that
   * waits and all that is new is rejected with that failure.
   *
   * @throws {PluginError} In the promise: `cipd.pin-invalid`, `cipd.closed`, `cipd.plugin-failed`,
   * `cipd.check-failed`; from a bundle whatever loading and asking it throws
   */
  checkAdmission(pin: Pin): Promise<Decision>;
  /** Forgets all answers; what is still asked goes on, and keeps its promise. */
  clearCache(): void;
  /** Rejects what waits, ends the plugin and resolves when it is gone. */
  close(): Promise<void>;
}

/** One pin's check. */
interface Check {
  readonly promise: Promise<Decision>;
  readonly reject: (error: PluginError) => void;
  settled: boolean;
}

/**
 * Makes an admission plugin of what judges its pins.
 *
 * @param onClosed Called once it is gone.
 */
export function createAdmissionPlugin(
  checker: Checker,
  onClosed: () => void = () => {},
): AdmissionPlugin {
  const checks = new Map<string, Check>();
  let started: Promise<void> | undefined;
  let failure: PluginError | undefined;
  let closing: Promise<void> | undefined;

  /** For good: nothing is started again. */
  const fail = (error: PluginError) => {
    failure ??= error;
    for (const check of checks.values()) check.reject(failure);
  };
  const decide = async (pin: Pin): Promise<Decision> => {
    started ??= checker.start(fail).catch((error) => fail(PluginError.from(error)));
    await started;
    if (failure !== undefined) throw failure;
    return await checker.check(pin);
  };
  const begin = (pin: Pin): Check => {
    let settle!: Pick<Check, "reject"> & { resolve: (decision: Decision) => void };
    const promise = new Promise<Decision>((resolve, reject) => settle = { resolve, reject });
    const check: Check = { promise, reject: settle.reject, settled: false };
    // Nobody need listen to each promise: what was rejected is told to who asks.
    const done = () => void (check.settled = true);
    promise.then(done, done);
    decide(pin).then(settle.resolve, (error) => settle.reject(PluginError.from(error)));
    return check;
  };
  return {
    executable: checker.executable,
    checkAdmission: (pin) => {
      try {
        checkPin(pin);
      } catch (error) {
        return rejected(error);
      }
      const key = JSON.stringify([pin.package, pin.instanceId]);
      const known = checks.get(key);
      if (known !== undefined) return known.promise;
      if (failure !== undefined) return rejected(failure);
      const check = begin({ package: pin.package, instanceId: pin.instanceId });
      checks.set(key, check);
      return check.promise;
    },
    clearCache: () => {
      for (const [key, { settled }] of checks) if (settled) checks.delete(key);
    },
    close: () =>
      closing ??= (async () => {
        fail(new PluginError("cipd.closed", "The admission plugin is closed"));
        // At once: what is still starting is given up.
        const closed = checker.close();
        try {
          await started;
          await closed;
        } finally {
          onClosed();
        }
      })(),
  };
}

function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
