import { foldKey } from "../document/recognise/go-fold.ts";
import { quote } from "../document/source-text.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";

/** Names by their folded form. */
type Names = ReadonlyMap<string, string>;

const namesOf = (text: string): Names =>
  new Map(text.trim().split(/\s+/).map((name) => [foldKey(name), name]));

/** What every plugin reads of its configuration. */
const CONFIG = namesOf("cniVersion name type prevResult runtimeConfig args capabilities ipam dns");

/** In `args`, what is of the conventions; other members belong to their own readers. */
const ARGS = namesOf("cni");

/** What plugins read of a container's wishes, at whatever depth. @see CNI CONVENTIONS.md */
const WISHES = namesOf(`
  portMappings hostPort containerPort protocol hostIP
  ipRanges subnet rangeStart rangeEnd gateway
  bandwidth ingressRate ingressBurst egressRate egressBurst shapedSubnets unshapedSubnets
  dns servers searches options nameservers domain search
  ips mac infinibandGUID deviceID aliases cgroupPath io.kubernetes.cri.pod-annotations
  labels key value sysctl promisc mtu allmulti txQLen
`);

const NONE: Names = new Map();

/** Their keys are data, which Go reads to the letter. */
const MAPS: ReadonlySet<string> = new Set([
  "io.kubernetes.cri.pod-annotations",
  "aliases",
  "sysctl",
]);

/**
 * Refuses what a guest would not see and a native plugin behind it would obey: Go's `encoding/json`
 * takes a key in any case, also with two letters beyond ASCII, and of two such keys the last wins. So
 * that no author of a policy has to know, nobody is asked about such a wish.
 *
 * @throws {PluginError} `contract.input-invalid`
 */
export function checkSpelling(config: JsonObject): void {
  checkKeys(config, "config", CONFIG);
  checkWishes(config["runtimeConfig"], "config.runtimeConfig", WISHES);
  const { args } = config;
  if (!isJsonObject(args)) return;
  checkKeys(args, "config.args", ARGS);
  for (const [key, value] of Object.entries(args)) {
    checkWishes(value, `config.args.${key}`, key === "cni" ? WISHES : NONE);
  }
}

function checkWishes(value: JsonValue | undefined, at: string, names: Names, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > LIMITS.depth) throw refusal(at, `it nests deeper than ${LIMITS.depth} levels`);
  if (!Array.isArray(value)) checkKeys(value, at, names);
  for (const [key, member] of Object.entries(value)) {
    if (MAPS.has(key)) continue;
    checkWishes(member, `${at}.${key}`, names, depth + 1);
  }
}

function checkKeys(object: JsonObject, at: string, names: Names): void {
  const seen = new Map<string, string>();
  for (const key of Object.keys(object)) {
    const folded = foldKey(key);
    const taken = seen.get(folded) ?? names.get(folded) ?? key;
    if (taken !== key) {
      throw refusal(at, `some readers take its key ${quote(key)} for ${quote(taken)}`);
    }
    // Nobody writes them in a key but who wants two readers to differ.
    if (/[\u017F\u212A]/.test(key)) {
      throw refusal(at, `its key ${quote(key)} has a letter that some readers take for another`);
    }
    seen.set(folded, key);
  }
}

function refusal(at: string, why: string): PluginError {
  const message = `Cannot put the request: ${quote(at)}: ${why}`;
  return new PluginError("contract.input-invalid", message);
}
