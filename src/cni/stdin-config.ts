import { CNI_ERROR_CODES as CODE } from "../contract/cni-fault.ts";
import { foldKey } from "../document/recognise/go-fold.ts";
import { quote } from "../document/source-text.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { parseCniJson } from "./cni-json.ts";
import { FaultError } from "./status.ts";
import { FIRST_CNI_VERSION } from "./version.ts";

/** What stands on a plugin's standard input, as far as it is checked before the contract is. */
export interface StdinConfig {
  /** Without `cniVersion` where that is empty. */
  readonly config: JsonObject;
  /** Whatever it says; 0.1.0 where it says nothing. */
  readonly cniVersion: string;
}

/** What is read of a configuration here. Go's readers take a key in any case, and the last one wins. */
const FIELDS: readonly string[] = ["cniVersion", "name", "type", "prevResult", "runtimeConfig"];

/** Reads standard input to its end, or the first `maxBytes` of it. */
export type ReadStdin = (maxBytes: number) => Promise<Uint8Array>;

/**
 * Reads the network configuration from standard input.
 *
 * @throws {FaultError} 5 where it cannot be read or is too long, 6 where it is no JSON object, or one
 *   that readers could take differently; 7 for its name
 */
export async function readStdinConfig(readStdin: ReadStdin): Promise<StdinConfig> {
  const config = parse(await read(readStdin));
  // Go's reader takes null for what is not there.
  const [name, cniVersion] = [config["name"] ?? "", config["cniVersion"] ?? ""];
  if (typeof name !== "string") throw undecodable('"name" is no text');
  checkName(name);
  if (typeof cniVersion !== "string") {
    const msg = 'decoding version from network config: "cniVersion" is no text';
    throw new FaultError(CODE.decodingFailure, msg);
  }
  if (cniVersion === "") delete config["cniVersion"];
  return { config, cniVersion: cniVersion || FIRST_CNI_VERSION };
}

async function read(readStdin: ReadStdin): Promise<Uint8Array> {
  const most = LIMITS.cniStdinBytes;
  let bytes: Uint8Array;
  try {
    bytes = await readStdin(most + 1);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FaultError(CODE.ioFailure, `error reading from stdin: ${why}`);
  }
  if (bytes.length <= most) return bytes;
  const msg = `error reading from stdin: it has more than ${most} bytes`;
  throw new FaultError(CODE.ioFailure, msg);
}

function parse(bytes: Uint8Array): JsonObject {
  const value = parseCniJson(bytes, "network configuration", undecodable);
  if (value === null) return {};
  if (!isJsonObject(value)) throw undecodable("it is no object");
  for (const key of Object.keys(value)) {
    const field = FIELDS.find((one) => key !== one && foldKey(key) === foldKey(one));
    if (field === undefined) continue;
    throw undecodable(`some readers take its key ${quote(key)} for "${field}"`);
  }
  return value;
}

function checkName(name: string): void {
  if (name === "") throw new FaultError(CODE.invalidNetworkConfig, "missing network name");
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return;
  const msg = "invalid characters found in network name";
  throw new FaultError(CODE.invalidNetworkConfig, msg, name);
}

function undecodable(why: string): never {
  throw new FaultError(CODE.decodingFailure, `error unmarshall network config: ${why}`);
}
