import { PluginError } from "../plugin-error.ts";
import {
  type CniAddress,
  type CniInterface,
  type CniIp02,
  type CniResult,
  type CniResult02,
  type CniResult04,
  type CniResult1,
  type CniRoute,
  type CniVersion,
  familyOf,
} from "./cni-result.ts";

/**
 * Says a result in another version of the specification, as libcni's types do: within a family of
 * versions it is only labelled anew; an older family loses what it cannot say.
 *
 * @throws {PluginError} `contract.output-invalid` where a first version is wanted of a result without
 *   addresses
 * @see libcni, pkg/types/internal/convert.go
 */
export function convertCniResult(result: CniResult, version: CniVersion): CniResult {
  if (result.cniVersion === version) return result;
  const current = toCurrent(result);
  switch (version) {
    case "1.0.0":
    case "1.1.0":
      return { ...current, cniVersion: version };
    case "0.3.0":
    case "0.3.1":
    case "0.4.0":
      return is04(result) ? { ...result, cniVersion: version } : to04(current, version);
    default:
      return is02(result) ? { ...result, cniVersion: version } : to02(current, version);
  }
}

function is02(result: CniResult): result is CniResult02 {
  return result.cniVersion === "0.1.0" || result.cniVersion === "0.2.0";
}

function is04(result: CniResult): result is CniResult04 {
  return ["0.3.0", "0.3.1", "0.4.0"].includes(result.cniVersion);
}

function toCurrent(result: CniResult): CniResult1 {
  if (is02(result)) {
    const { ip4, ip6, dns } = result;
    const given = [ip4, ip6].filter((one) => one !== undefined);
    const ips = given.map(({ ip, gateway }) => ({
      address: ip,
      ...(gateway === undefined ? {} : { gateway }),
    }));
    const routes = given.flatMap((one) => one.routes ?? []);
    return { cniVersion: "1.1.0", ips, ...some("routes", routes), ...maybe("dns", dns) };
  }
  if (is04(result)) {
    const { ips, ...rest } = result;
    const plain = ips?.map(({ version: _version, ...ip }): CniAddress => ip);
    return { ...rest, cniVersion: "1.1.0", ...maybe("ips", plain) };
  }
  return result;
}

function to04(
  { interfaces, ips, ...rest }: CniResult1,
  cniVersion: CniResult04["cniVersion"],
): CniResult04 {
  const known = interfaces?.map(({ mtu: _mtu, socketPath: _path, pciID: _id, ...one }) =>
    one as CniInterface
  );
  const versioned = ips?.map((ip) => ({ version: familyOf(ip.address), ...ip }));
  return { ...rest, cniVersion, ...maybe("interfaces", known), ...maybe("ips", versioned) };
}

function to02(
  { ips = [], routes = [], dns }: CniResult1,
  cniVersion: CniResult02["cniVersion"],
): CniResult02 {
  const of = (family: "4" | "6"): CniIp02 | undefined => {
    const first = ips.find((ip) => familyOf(ip.address) === family);
    if (first === undefined) return undefined;
    const { address, gateway } = first;
    const own = routes.filter(({ dst }) => familyOf(dst) === family)
      .map(({ dst, gw }): CniRoute => ({ dst, ...(gw === undefined ? {} : { gw }) }));
    return { ip: address, ...maybe("gateway", gateway), ...some("routes", own) };
  };
  const [ip4, ip6] = [of("4"), of("6")];
  if (ip4 === undefined && ip6 === undefined) {
    throw new PluginError(
      "contract.output-invalid",
      `Cannot say the plugin's result in version ${cniVersion}: it has no address`,
    );
  }
  return { cniVersion, ...maybe("ip4", ip4), ...maybe("ip6", ip6), ...maybe("dns", dns) };
}

/** `{[name]: value}`, and nothing where there is no value. */
function maybe<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } {
  return value === undefined ? {} : { [name]: value } as { [Key in Name]?: Value };
}

function some<Name extends string, Value>(
  name: Name,
  values: readonly Value[],
): { [Key in Name]?: readonly Value[] } {
  return maybe(name, values.length === 0 ? undefined : values);
}
