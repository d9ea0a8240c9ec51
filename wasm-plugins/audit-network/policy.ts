import { CniError, type CniResult, type Host, type JsonObject, network } from "cofferdam/guest";

/** What the schema in plugin.json allows. */
interface Settings {
  readonly level?: "debug" | "info" | "warn";
}

/** What a line is about. */
interface Subject {
  readonly config: { readonly name: string };
  readonly containerId: string;
  readonly ifname: string;
  readonly args: string;
}

/** A chained plugin: it makes nothing, and hands on what the plugins before it made. */
export default network<Settings>({
  add(request, host) {
    const { prevResult, runtimeConfig = {}, settings } = request;
    if (prevResult === undefined) {
      throw new CniError(7, "nothing to hand on", "this plugin stands behind one that attaches");
    }
    const ports = runtimeConfig["portMappings"];
    const fields = {
      addresses: [...addressesOf(prevResult)],
      ...(ports === undefined ? {} : { ports }),
    };
    write(host, settings, "joins", { ...subjectOf(request), ...fields });
    return prevResult;
  },

  del(request, host) {
    write(host, request.settings, "leaves", subjectOf(request));
  },

  check(request, host) {
    write(host, request.settings, "is checked", subjectOf(request));
  },

  gc({ config, validAttachments, settings }, host) {
    const valid = validAttachments?.length ?? null;
    write(host, settings, "is cleaned up", { network: config.name, valid });
  },
});

function write(
  host: Host,
  { level = "info" }: Settings,
  message: string,
  fields: JsonObject,
): void {
  host.log[level](message, fields);
}

function subjectOf({ config, containerId, ifname, args }: Subject): JsonObject {
  const named = args.split(";").filter((pair) => pair.startsWith("K8S_POD_"))
    .map((pair) => pair.slice("K8S_POD_".length).split("=") as [string, string])
    .filter(([name]) => name === "NAMESPACE" || name === "NAME")
    .map(([name, value]): [string, string] => [name === "NAME" ? "pod" : "namespace", value]);
  return {
    network: config.name,
    container: containerId,
    interface: ifname,
    ...Object.fromEntries(named),
  };
}

/** In whichever version the result is. */
function* addressesOf(result: CniResult): Generator<string> {
  if ("ips" in result) { for (const { address } of result.ips ?? []) yield address; }
  if ("ip4" in result && result.ip4 !== undefined) yield result.ip4.ip;
  if ("ip6" in result && result.ip6 !== undefined) yield result.ip6.ip;
}
