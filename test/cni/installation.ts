import { chmod, mkdir, writeFile } from "node:fs/promises";
import {
  encodeInstalled,
  installationPaths,
  type InstalledPlugin,
} from "../../src/cni/installed-plugin.ts";
import type { CniRequest } from "../../src/cni/frame.ts";
import { cniEnvironment } from "../../src/cni/environment.ts";

/** A configuration that nothing need be behind. */
export const INSTALLED: InstalledPlugin = {
  command: ["/usr/bin/cofferdam", "cni", "call"],
  plugin: { path: "/opt/p.wasm", digest: `sha256:${"0".repeat(64)}` },
};

/** Writes the configuration of a type; the executable is not there. */
export async function writeInstalled(
  binDir: string,
  type: string,
  installed: InstalledPlugin = INSTALLED,
): Promise<string> {
  const { folder, configuration } = installationPaths(binDir, type);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(configuration, encodeInstalled(installed));
  await chmod(configuration, 0o600);
  return configuration;
}

/** Variables of a container that joins a network. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "c1",
  CNI_NETNS: "/run/netns/c1",
  CNI_IFNAME: "eth0",
  CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAME=wéb",
  CNI_PATH: "/opt/cni/bin",
};

/** What it finds on standard input. */
export const CONFIG: Readonly<Record<string, unknown>> = {
  cniVersion: "1.0.0",
  name: "net",
  type: "mynet",
};

/** A call of such a container. */
export function callOf(
  type: string,
  command: string = "ADD",
  more: { readonly env?: Record<string, string>; readonly config?: unknown } = {},
): CniRequest {
  const { env, config = CONFIG } = more;
  return {
    type,
    environment: cniEnvironment({ ...ENVIRONMENT, CNI_COMMAND: command, ...env }),
    stdin: new TextEncoder().encode(JSON.stringify(config)),
  };
}
