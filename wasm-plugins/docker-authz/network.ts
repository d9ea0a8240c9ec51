import { quote } from "../shared/quote.ts";
import { type Fields, fields, type Judge, judgeFields, structure } from "./fields.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** Options of a bridge that reach nothing of the host. */
const BRIDGE_OPTIONS: readonly string[] = [
  "com.docker.network.bridge.enable_icc",
  "com.docker.network.bridge.enable_ip_masquerade",
  "com.docker.network.container_iface_prefix",
  "com.docker.network.driver.mtu",
  "com.docker.network.enable_ipv4",
  "com.docker.network.enable_ipv6",
];

/** Judges the body of a network that is to be made. */
export function judgeNetworkCreate(place: Place, settings: Settings): void {
  if (!place.isObject()) return place.malformed("a network's configuration");
  judgeFields(place, CREATE, settings);
  const driver = place.get("Driver").text() || "bridge";
  if (!settings.networkDrivers.includes(driver)) {
    const message = `The network driver ${quote(driver)} is not allowed.`;
    return place.get("Driver").deny("network-allowed", message);
  }
  // A network that is only a configuration has no driver of its own: one of any kind can be made by it.
  if (driver !== "bridge" && !place.get("ConfigOnly").flag()) return;
  for (const [key, option] of place.get("Options").members()) {
    if (BRIDGE_OPTIONS.includes(key)) continue;
    option.deny("network-allowed", `The option ${quote(key)} of a network is not allowed.`);
  }
}

/** Judges the body with which a container is connected to a network, or taken off it. */
export function judgeConnect(place: Place, settings: Settings): void {
  if (!place.isObject()) return place.malformed("a connection's configuration");
  judgeFields(place, fields("Container Force", { EndpointConfig: judgeEndpoint }), settings);
}

/** Judges the networks that a container is to be on. */
export function judgeEndpoints(place: Place, settings: Settings): void {
  for (const [name, endpoint] of place.members()) {
    judgeNetworkName(endpoint, name, settings);
    judgeEndpoint(endpoint, settings);
  }
}

/** Judges a network by its name. */
export function judgeNetworkName(place: Place, name: string, { hostNamespaces }: Settings): void {
  if (name !== "host" || hostNamespaces.includes("network")) return;
  place.deny("host-namespace", "The host's network namespace is not allowed.");
}

/**
 * Judges a network that a service is to be on. Docker takes the beginning of an ID for a name that no
 * network has, and the host's network has IDs as well: one of hexadecimal digits, and Swarm's own.
 */
export function judgeServiceNetwork(place: Place, settings: Settings): void {
  judgeFields(place, SERVICE_NETWORK, settings);
  const target = place.get("Target");
  const name = target.text();
  judgeNetworkName(place, name, settings);
  const mayBeId = /^(?:[0-9a-f]*|[0-9a-z]{1,25})$/.test(name);
  if (!mayBeId || name === "host" || settings.hostNamespaces.includes("network")) return;
  // A whole ID goes before all names that are the same text.
  if (settings.networkIds.includes(name)) return;
  const message = `${quote(name)} may be an ID, of the host's network as well; ` +
    'a name with "_", "-" or "." in it is surely none.';
  target.deny("host-namespace", message);
}

const empty = (message: string): Judge => (place) => {
  if (!place.isEmpty) place.deny("network-allowed", message);
};

/** What a network may not be: of the swarm. */
const ofSwarm: Judge = (place, settings) => {
  if (!place.isEmpty && place.value !== "local" && !settings.swarm) {
    place.deny("swarm", "Networks of the swarm are not allowed.");
  }
};

/**
 * A configuration that is copied from another network, whose options nobody sees here: it may have been
 * made before the policy was there, or by an administrator for another driver.
 *
 * @see moby, libnetwork/network.go, applyConfigurationTo()
 */
const copied: Judge = (place) => {
  const name = place.text();
  if (name === "") return;
  const message = `Nobody sees what a network takes over from ${quote(name)}.`;
  place.deny("network-allowed", message);
};

const CREATE: Fields = fields(
  "Name CheckDuplicate Driver Internal ConfigOnly EnableIPv4 EnableIPv6 Options Labels",
  {
    ConfigFrom: structure(fields("", { Network: copied })),
    Scope: ofSwarm,
    Attachable: ofSwarm,
    Ingress: ofSwarm,
    IPAM: (place, settings) =>
      judgeFields(
        place,
        fields("Config", {
          Driver: (driver) => {
            const name = driver.text();
            if (name === "" || name === "default") return;
            driver.deny("network-allowed", `The address driver ${quote(name)} is not allowed.`);
          },
          Options: empty("Options of an address driver are not allowed."),
        }),
        settings,
      ),
  },
);

const SERVICE_NETWORK: Fields = fields("Target Aliases", {
  DriverOpts: empty("Options of an endpoint are not allowed."),
});

const ENDPOINT: Fields = fields(
  "Links MacAddress Aliases GwPriority NetworkID EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway " +
    "GlobalIPv6Address GlobalIPv6PrefixLen DNSNames IPAMConfig",
  { DriverOpts: empty("Options of an endpoint are not allowed.") },
);

function judgeEndpoint(place: Place, settings: Settings): void {
  judgeFields(place, ENDPOINT, settings);
}
