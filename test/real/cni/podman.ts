import { chmod, copyFile, mkdir, readdir, rmdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Machine, Ran } from "./machine.ts";

/** Where Debian's package containernetworking-plugins has native plugins. */
export const NATIVE = "/usr/lib/cni";

/** Those of busybox that containers use. */
const APPLETS = ["sh", "ip", "httpd", "wget", "true", "sleep"];

/** Writes a root with busybox in it. */
export async function writeRootfs(path: string): Promise<void> {
  for (const folder of ["bin", "tmp", "proc", "sys", "dev", "etc"]) {
    await mkdir(join(path, folder), { recursive: true });
  }
  await copyFile("/usr/bin/busybox", join(path, "bin", "busybox"));
  await chmod(join(path, "bin", "busybox"), 0o755);
  for (const name of APPLETS) await symlink("busybox", join(path, "bin", name));
}

const CONTAINERS = `[containers]
# A test may not be allowed to raise its own limits.
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_backend = "cni"
cni_plugin_dirs = ["/opt/cni/bin", "${NATIVE}"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
`;

/** The overlays of a machine bear no other. */
const STORAGE = `[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/run/containers/graph"
`;

/** podman with CNI on a machine, and an image. */
export class Podman {
  readonly image = "localhost/busybox:test";
  readonly #machine: Machine;

  private constructor(machine: Machine) {
    this.#machine = machine;
  }

  static async make(machine: Machine): Promise<Podman> {
    await machine.write({
      "/etc/containers/containers.conf": CONTAINERS,
      "/etc/containers/storage.conf": STORAGE,
    });
    await writeRootfs(machine.path("/run/rootfs"));
    const made = new Podman(machine);
    await machine.sh(`tar -C /run/rootfs -c . | podman import - ${made.image}`);
    return made;
  }

  /** Runs it to its end. */
  run(args: readonly string[]): Promise<Ran> {
    return this.#machine.run("podman", args);
  }

  /** The same; fails where it fails. */
  do(args: readonly string[]): Promise<string> {
    return this.#machine.do("podman", args);
  }

  /** Files, links, rules, namespaces of networks and mounts that containers have left behind. */
  async remains(): Promise<string[]> {
    const files = await this.#machine.files("/var/lib/cni");
    const netns = await readdir(this.#machine.path("/run/netns")).catch(() => []);
    return [
      ...files.filter((file) => !/\/(lock(-\w+)?|last_reserved_ip\.0)$/.test(file)),
      ...(await this.#machine.links()).filter((name) => name.startsWith("veth")),
      ...await this.#machine.rules(/id: \\?"[0-9a-f]{64}|\/32 /),
      ...netns,
    ];
  }

  /** Removes the empty cgroups that it leaves behind, which are not the machine's own. */
  async removeGroups(): Promise<void> {
    for (const controller of ["", ...await readdir("/sys/fs/cgroup")]) {
      const path = join("/sys/fs/cgroup", controller, "libpod_parent");
      const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
      const inner = entries.filter((entry) => entry.isDirectory());
      for (const { name } of inner) await rmdir(join(path, name)).catch(() => {});
      await rmdir(path).catch(() => {});
    }
  }
}
