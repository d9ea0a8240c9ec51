import { CniError, type JsonObject, type JsonValue } from "cofferdam/guest";
import { type Ip, readIp } from "./address.ts";
import { isObject } from "./json.ts";
import { quoteJson } from "./quote.ts";

/** Where a runtime may say which addresses it wants. */
export interface WantedSources {
  /** CNI_ARGS: `IP=10.1.0.5`, with commas between several. */
  readonly args: string;
  /** `config.args.cni.ips` is what the first runtimes wrote. */
  readonly config: JsonObject;
  /** `runtimeConfig.ips`, for plugins with the capability of that name. */
  readonly runtimeConfig?: JsonObject | undefined;
}

/**
 * The addresses that the runtime wants, each once; a prefix length behind one does not count.
 *
 * @throws {CniError} 7
 * @see CNI CONVENTIONS, "ips"
 */
export function readWanted({ args, config, runtimeConfig = {} }: WantedSources): Ip[] {
  const conventional = isObject(config["args"]) ? config["args"]["cni"] : undefined;
  const texts: JsonValue[] = [
    ...args.split(";").filter((pair) => pair.startsWith("IP="))
      .flatMap((pair) => pair.slice("IP=".length).split(",")).filter((text) => text !== ""),
    ...listOf(isObject(conventional) ? conventional["ips"] : undefined),
    ...listOf(runtimeConfig["ips"]),
  ];
  const found = new Map<string, Ip>();
  for (const text of texts) {
    const address = typeof text === "string" ? readIp(text.replace(/\/\d+$/, "")) : undefined;
    if (address === undefined) throw new CniError(7, `${quoteJson(text)} is no address to ask for`);
    found.set(`${address.family} ${address.value}`, address);
  }
  return [...found.values()];
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new CniError(7, `${quoteJson(value)} is no list of addresses`);
}
