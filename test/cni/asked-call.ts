import { answerCall, type CalledPlugin, type CniReply } from "../../src/cni/call.ts";
import { cniEnvironment } from "../../src/cni/environment.ts";
import { type FakeNetwork, fakeNetwork } from "./fake-network.ts";

/** Variables of a container that joins a network. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "some-container-id",
  CNI_NETNS: "/some/netns/path",
  CNI_IFNAME: "eth0",
  CNI_ARGS: "some=extra;more=args",
  CNI_PATH: "/some/cni/path",
};

/** What it finds on standard input. */
export const CONFIG = { cniVersion: "1.1.0", name: "skel-test", type: "mynet", some: "config" };

/** What is not as usual in a call. */
export interface Given {
  /** Over `ENVIRONMENT`; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly config?: unknown;
  readonly stdin?: (maxBytes: number) => Promise<Uint8Array>;
  readonly network?: FakeNetwork;
  readonly plugin?: Partial<CalledPlugin>;
}

/** What a call got, and what its plugin was asked. */
export interface Called extends CniReply {
  readonly network: FakeNetwork;
  /** The error that was printed. */
  readonly fault: { code: number; msg: string; details?: string };
}

/** Answers a call of a runtime. */
export async function call(given: Given = {}): Promise<Called> {
  const { env, config = CONFIG, network = fakeNetwork(), plugin } = given;
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const bytes = config instanceof Uint8Array ? config : new TextEncoder().encode(text);
  const reply = await answerCall({
    environment: cniEnvironment({ ...ENVIRONMENT, ...env }),
    readStdin: given.stdin ?? ((max) => Promise.resolve(bytes.slice(0, max))),
  }, { type: "mynet", load: () => Promise.resolve(network), ...plugin });
  const fault = reply.exitCode === 1 ? JSON.parse(reply.stdout) : undefined;
  return { ...reply, network, fault };
}
