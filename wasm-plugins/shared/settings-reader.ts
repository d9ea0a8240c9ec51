import type { JsonObject, JsonValue, SettingsFault } from "cofferdam/guest";
import { isObject } from "./json.ts";
import { quote } from "./quote.ts";

/**
 * Reads settings for a policy that relies on no schema: what is not understood is a fault, so that no
 * slip of the pen loosens it. Paths are JSON Pointers into the settings.
 */
export class SettingsReader {
  /** What is wrong with what was read. */
  readonly faults: SettingsFault[] = [];

  /** A list; empty where there is another value, or none. */
  protected list(value: JsonValue | undefined, path: string): readonly JsonValue[] {
    if (Array.isArray(value)) return value;
    this.fault(path, "Wanted a list.");
    return [];
  }

  /** An object that has no other members than the known ones. */
  protected object(
    value: JsonValue,
    path: string,
    known: readonly string[],
  ): JsonObject | undefined {
    if (!isObject(value)) {
      this.fault(path, "Wanted an object.");
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.fault(path, `${quote(key, 50)} is no setting.`);
    }
    return value;
  }

  protected fault(path: string, message: string): void {
    this.faults.push({ path, message });
  }
}

/** A fault as the message of a reason to deny. */
export function describeFault({ path = "", message }: SettingsFault): string {
  return `Cannot use the settings. ${path === "" ? "" : `${path}: `}${message}`;
}
