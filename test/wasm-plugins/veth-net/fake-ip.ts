import type { JsonObject } from "../../../src/json.ts";
import { PluginError } from "../../../src/plugin-error.ts";

/** What becomes of one run of the fake `ip`. */
export type Mishap =
  /** It says that it did not do it. */
  | "refuses"
  /** It is ended before it did anything. */
  | "hangs"
  /** It did it, and is then ended. */
  | "did and hangs";

/** One interface. */
interface Link {
  up: boolean;
  mtu: number;
  mac: string;
  master?: string;
  peer?: string;
  readonly addresses: string[];
}

const MISSING = (name: string) => `Device "${name}" does not exist.`;

/** An `ip` command with interfaces of its own, which does what those commands of the README do. */
export class FakeIp {
  readonly links: Map<string, Link> = new Map();
  /** The commands that were run, in their order. */
  readonly runs: string[] = [];
  /** What happens at the run of that number, from 0. */
  mishaps: Readonly<Record<number, Mishap>> = {};
  /** Commands that never work. */
  broken: readonly string[] = [];

  /** Answers `exec_run`. */
  run = (request: JsonObject): JsonObject => {
    const { command, holes } = request as { command: string; holes: Record<string, string> };
    const mishap = this.mishaps[this.runs.length];
    this.runs.push(command);
    if (mishap === "refuses" || this.broken.includes(command)) return answer(2, "RTNETLINK: no");
    if (mishap === "hangs") throw timeout(command);
    const done = this.#do(command, holes);
    if (mishap === "did and hangs") throw timeout(command);
    return done;
  };

  #do(
    command: string,
    { link, bridge, host, container, mac, mtu, address }: Record<string, string>,
  ) {
    switch (command) {
      case "link-show":
        return this.links.has(link!) ? answer(0) : answer(1, MISSING(link!));
      case "link-delete": {
        const { peer } = this.#get(link!);
        this.links.delete(link!);
        if (peer !== undefined) this.links.delete(peer);
        return answer(0);
      }
      case "link-up":
        this.#get(link!).up = true;
        return answer(0);
      case "link-mtu":
        this.#get(link!).mtu = Number(mtu);
        return answer(0);
      case "link-master":
        this.#get(bridge!);
        this.#get(host!).master = bridge!;
        return answer(0);
      case "bridge-add":
        if (this.links.has(bridge!)) return answer(2, "RTNETLINK answers: File exists");
        this.#add(bridge!, mac!);
        return answer(0);
      case "veth-add":
        if (this.links.has(host!) || this.links.has(container!)) {
          return answer(2, "RTNETLINK answers: File exists");
        }
        this.#add(host!, "kernel's", container!);
        this.#add(container!, mac!, host!);
        return answer(0);
      case "address-add":
      case "address-add-ipv6":
        this.#get(bridge!).addresses.push(address!);
        return answer(0);
      default:
        throw new Error(`no command "${command}"`);
    }
  }

  #add(name: string, mac: string, peer?: string): void {
    this.links.set(name, { up: false, mtu: 1_500, mac, addresses: [], ...(peer ? { peer } : {}) });
  }

  #get(name: string): Link {
    const link = this.links.get(name);
    if (link === undefined) throw new Error(`the driver uses "${name}", which is not there`);
    return link;
  }
}

function answer(code: number, stderr = ""): JsonObject {
  return { code, stdout: "", stderr: stderr === "" ? "" : `${stderr}\n`, truncated: false };
}

function timeout(command: string): PluginError {
  return new PluginError("capability.timeout", `Cannot run command "${command}": it took too long`);
}
