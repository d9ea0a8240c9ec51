/**
 * Works on networks, as another process does. Arguments: the cache, the plugins' folder, and what to do:
 *
 * - `hold`: takes all locks of the cache, says `held`, and keeps them until it is ended.
 * - `add ID`: attaches a container, and says `added`.
 * - `race SEED`: says `ready`, waits for a byte, and then attaches, detaches and cleans up containers that
 *   it shares with others of its kind.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { withAllLocks } from "../../src/cni/attachment-lock.ts";
import { parseNetworkConfig } from "../../src/cni/network-config.ts";
import { ResultCache } from "../../src/cni/result-cache.ts";
import { CniRuntime } from "../../src/cni/runtime.ts";

const [cacheFolder, folder, command, word] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];
const config = { cniVersion: "1.1.0", name: "net", plugins: [{ type: "jealous" }] };
const network = parseNetworkConfig(new TextEncoder().encode(JSON.stringify(config)));
const runtime = new CniRuntime({ folders: [folder], cacheFolder });
const attachmentOf = (containerId: string) => ({
  ...{ containerId, netns: `/run/netns/${containerId}`, ifname: "eth0" },
});

switch (command) {
  case "hold": {
    // Keeps the process.
    setInterval(() => {}, 1_000);
    await withAllLocks(await new ResultCache(cacheFolder).workFolder(), {}, () => {
      writeSync(1, "held\n");
      return new Promise(() => {});
    });
    break;
  }
  case "add":
    await runtime.add(network, attachmentOf(word));
    writeSync(1, "added\n");
    break;
  case "race":
    process.stdin.once("data", () => void race(Number(word)));
    writeSync(1, "ready\n");
}

/** Three containers, of which each step touches one, or GC all but one. */
async function race(seed: number): Promise<void> {
  let state = seed;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  for (let step = 0; step < 40; step++) {
    const container = attachmentOf(`c${next(3)}`);
    const choice = next(8);
    if (choice === 0) {
      const valid = { containerID: container.containerId, ifname: container.ifname };
      await runtime.gc(network, [valid]);
    } else if (choice < 5) await runtime.add(network, container);
    else await runtime.del(network, container);
  }
  process.exit(0);
}
