import {
  CniError,
  type CniResult,
  type Host,
  type JsonObject,
  type JsonValue,
  network,
  type NetworkQuestion,
} from "cofferdam/guest";
import { isObject } from "../shared/json.ts";
import { quoteJson } from "../shared/quote.ts";
import {
  ask,
  Attachments,
  containerConfig,
  networkConfig,
  type Place,
  requestOf,
  withPrevious,
} from "./attach.ts";
import { judge, judgeAddresses, type Wish } from "./judge.ts";
import { CODE, type NetworkSettings, type Settings, validateSettings } from "./settings.ts";

export default network<Settings>({
  add(request, host) {
    const settings = settingsOf(request);
    judge(wishOf(request), settings);
    const config = containerConfig(networkConfig(request.config, settings), request.runtimeConfig);
    const attachments = new Attachments(host, request.config.name);
    // First what is to be undone: wherever we end, leaving finds it.
    ask(() => attachments.put(request, config));
    const result = ask(() => host.delegate.add(requestOf(config, request)));
    try {
      judgeAddresses(addressesOf(result), settings);
    } catch (error) {
      // What the runtime is told is why; a container that could not leave is known to the next DEL.
      try {
        ask(() => host.delegate.del(requestOf(withPrevious(config, result), request)));
        ask(() => attachments.remove(request));
      } catch (failure) {
        console.error(wordsOf(failure));
      }
      throw error;
    }
    ask(() => attachments.put(request, config, result));
    return result as unknown as CniResult;
  },

  // Whoever may not join may always leave, as it was joined.
  del(request, host) {
    const attachments = new Attachments(host, request.config.name);
    const stored = ask(() => attachments.get(request));
    const config = stored?.config ?? configOf(request);
    if (config === undefined) return;
    const told = withPrevious(config, request.config["prevResult"] ?? stored?.result);
    ask(() => host.delegate.del(requestOf(told, request)));
    if (stored !== undefined) ask(() => attachments.remove(request));
  },

  check(request, host) {
    const settings = settingsOf(request);
    judge(wishOf(request), settings);
    const stored = ask(() => new Attachments(host, request.config.name).get(request));
    if (stored === undefined) {
      const message = `${quoteJson(request.containerId)} has not joined the network`;
      throw new CniError(3, message);
    }
    const told = withPrevious(stored.config, request.config["prevResult"] ?? stored.result);
    ask(() => host.delegate.check(requestOf(told, request)));
  },

  status(request, host) {
    const config = networkConfig(request.config, settingsOf(request));
    try {
      ask(() => host.delegate.status({ type: String(config["type"]), config }));
    } catch (error) {
      if (!(error instanceof CniError) || error.code === 11) throw error;
      throw new CniError(50, error.message, error.details);
    }
  },

  gc(request, host) {
    const { config, validAttachments } = request;
    // Nothing said is not that nothing is valid.
    if (validAttachments === undefined) return;
    const valid = new Set(
      validAttachments.map(({ containerID, ifname }) => `${containerID}/${ifname}`),
    );
    const attachments = new Attachments(host, config.name);
    const [staying, errors]: [Place[], unknown[]] = [[], []];
    ask(() => {
      for (const place of attachments.all()) {
        if (valid.has(`${place.containerId}/${place.ifname}`)) continue;
        try {
          leave(place, attachments, host);
        } catch (error) {
          staying.push(place);
          errors.push(error);
        }
      }
    });
    const whole = configOf(request);
    if (whole !== undefined) {
      // Else the native plugin might free what one of those still has.
      const told = [
        ...validAttachments.map(({ containerID, ifname }) => ({ containerID, ifname })),
        ...staying.map(({ containerId, ifname }) => ({ containerID: containerId, ifname })),
      ];
      const gcConfig = { ...whole, "cni.dev/valid-attachments": told };
      try {
        ask(() => host.delegate.gc({ type: String(whole["type"]), config: gcConfig }));
      } catch (error) {
        errors.push(error);
      }
    }
    const [first, ...others] = errors;
    for (const error of others) console.error(wordsOf(error));
    if (first !== undefined) throw first;
  },
}, { validateSettings });

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Has a container leave that its runtime does not know any more, from where it joined. */
function leave(place: Place, attachments: Attachments, host: Host): void {
  const joined = ask(() => attachments.get(place));
  if (joined === undefined) return;
  const { netns, args, config, result } = joined;
  const attached = { ...place, netns, args };
  ask(() => host.delegate.del(requestOf(withPrevious(config, result), attached)));
  ask(() => attachments.remove(place));
}

type Asked = Pick<NetworkQuestion<"status", Settings>, "config" | "settings">;

/** @throws {CniError} 100 */
function settingsOf({ config: { name }, settings: { networks } }: Asked): NetworkSettings {
  if (Object.hasOwn(networks, name)) return networks[name]!;
  throw new CniError(CODE.networkUnknown, `nobody may join the network ${quoteJson(name)}`);
}

/** undefined where the operator does not know the network any more. */
function configOf(request: Asked): JsonObject | undefined {
  const { config: { name }, settings: { networks } } = request;
  if (!Object.hasOwn(networks, name)) return undefined;
  return networkConfig(request.config, networks[name]!);
}

function wishOf(request: NetworkQuestion<"add" | "check", Settings>): Wish {
  const { containerId, args, config, runtimeConfig } = request;
  return { containerId, args, config: config as JsonObject, runtimeConfig };
}

/** Of a result in whichever version. */
function addressesOf(result: JsonValue): string[] {
  if (!isObject(result)) {
    throw new CniError(CODE.delegateFailed, "the native plugin gave no result");
  }
  const ips = Array.isArray(result["ips"]) ? result["ips"] : [];
  const texts = [
    ...ips.map((ip) => isObject(ip) ? ip["address"] : ip),
    ...["ip4", "ip6"].flatMap((key) => {
      const ip = result[key];
      return isObject(ip) ? [ip["ip"]] : [];
    }),
  ];
  return texts.map((text) => typeof text === "string" ? text : quoteJson(text));
}
