import { foldKey } from "../document/recognise/go-fold.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";

/** Members by which a plugin finds another one to run: bridge and its like, flannel, Multus, lists. */
const RUNS_ANOTHER = ["ipam", "delegate", "delegates", "plugins"];

/** Go reads these under every spelling that folds to them, and the last one wins. */
const READ_BY_GO: ReadonlySet<string> = new Set(["type", ...RUNS_ANOTHER]);

/**
 * Checks that a configuration runs the plugin it is meant for, and that those which this one may run
 * in turn are granted as well.
 *
 * @throws {PluginError} `capability.denied` for a type that is not granted, `capability.invalid`
 */
export function checkPluginTypes(
  config: JsonObject,
  type: string,
  granted: ReadonlySet<string>,
): void {
  if (config["type"] !== type) throw invalid(`its "type" is not "${type}"`);
  checkMembers(config, granted);
}

function checkMembers(object: JsonObject, granted: ReadonlySet<string>): void {
  for (const [key, value] of Object.entries(object)) {
    const folded = foldKey(key);
    if (!READ_BY_GO.has(folded)) continue;
    if (key !== folded) {
      throw invalid(`Go's readers take a key for "${folded}" that is spelled else`);
    }
    if (RUNS_ANOTHER.includes(key)) checkRun(key, value, granted);
  }
}

function checkRun(key: string, value: JsonValue, granted: ReadonlySet<string>): void {
  if (value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) checkRun(key, item, granted);
    return;
  }
  if (!isJsonObject(value)) throw invalid(`its "${key}" is no object`);
  const type = Object.hasOwn(value, "type") ? value["type"] : undefined;
  // A plugin without addresses has an `ipam` without type; flannel makes a bridge of such a delegate.
  if (typeof type !== "string") {
    if (key !== "ipam" || type !== undefined) throw invalid(`its "${key}" has no "type"`);
  } else if (type !== "" && !granted.has(type)) {
    const message = `Cannot run a plugin that is not granted, as the "${key}" of the configuration`;
    throw new PluginError("capability.denied", message);
  }
  checkMembers(value, granted);
}

function invalid(why: string): PluginError {
  return new PluginError("capability.invalid", `Cannot use the network configuration: ${why}`);
}
