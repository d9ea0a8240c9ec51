import * as v from "valibot";
import { convertCniResult } from "../contract/cni-conversion.ts";
import { type CniResult, MadeResultSchema, withoutNothing } from "../contract/cni-result.ts";
import { fields, type Structure } from "../document/recognise/docker-schema.ts";
import { foldBody, foldKey, type OnClash } from "../document/recognise/go-fold.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { parseCniJson } from "./cni-json.ts";
import { knownCniVersion } from "./version.ts";

const ROUTES = { items: fields("dst gw mtu advmss priority table scope") };
const FAMILY = fields("ip gateway", { routes: ROUTES });

/**
 * Results of every version, by the names that Go's readers take in any case. Not so "cniVersion", which
 * libcni looks up as it is written.
 */
const RESULT: Structure = fields("", {
  interfaces: { items: fields("name mac mtu sandbox socketPath pciID") },
  ips: { items: fields("version interface address gateway") },
  routes: ROUTES,
  dns: fields("nameservers domain search options"),
  ip4: FAMILY,
  ip6: FAMILY,
});

const VERSION = "cniVersion";

/**
 * Reads what a native plugin printed for ADD. A result that does not say its version is of the
 * configuration's; one that says another is kept as it is. `null` is a result without anything.
 *
 * @param version The configuration's; `""` is 0.1.0.
 * @param plugin For messages: `plugin "/opt/cni/bin/bridge"`.
 * @throws {PluginError} `cni.result-malformed`, `cni.version-unsupported`
 * @see libcni, pkg/invoke/exec.go
 */
export function readResult(stdout: Uint8Array, version: string, plugin: string): CniResult {
  const fail = (why: string) => malformed(`the result of ${plugin}`, why);
  return resultOf(parseCniJson(stdout, "result", fail), version, `the result of ${plugin}`);
}

/**
 * A result of a parsed value.
 *
 * @param what It is, for messages.
 * @throws {PluginError} `cni.result-malformed`, `cni.version-unsupported`
 */
export function resultOf(value: JsonValue, version: string, what: string): CniResult {
  const given = value ?? {};
  if (!isJsonObject(given)) throw malformed(what, "it is no object");
  const onClash: OnClash = (steps, field) => {
    throw malformed(what, `"${steps.join(".")}": ${field} stands there already`);
  };
  const object = foldBody(given, RESULT, onClash) as JsonObject;
  const said = versionIn(object, onClash);
  const cniVersion = knownCniVersion(typeof said === "string" && said ? said : version, what);
  const known = { ...withoutNothing(object), cniVersion };
  const result = v.safeParse(MadeResultSchema, known, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw malformed(what, `${path ? `"${path}": ` : ""}${issue.message}`);
}

/** Of two spellings libcni goes by the one, and the reader behind it by the last. */
function versionIn(result: JsonObject, onClash: OnClash): JsonValue | undefined {
  if (!Object.hasOwn(result, VERSION)) return undefined;
  const folded = foldKey(VERSION);
  const other = Object.keys(result).find((key) => key !== VERSION && foldKey(key) === folded);
  if (other !== undefined) onClash([other], VERSION);
  return result[VERSION];
}

/**
 * A result in a configuration's version.
 *
 * @throws {PluginError} `cni.version-unsupported`, `cni.result-malformed` where that version cannot say it
 */
export function resultAs(result: CniResult, version: string): CniResult {
  const known = knownCniVersion(version, "the network configuration");
  try {
    return convertCniResult(result, known);
  } catch (cause) {
    throw new PluginError("cni.result-malformed", PluginError.from(cause).message, { cause });
  }
}

function malformed(what: string, why: string): PluginError {
  return new PluginError("cni.result-malformed", `Cannot use ${what}: ${why}`);
}
