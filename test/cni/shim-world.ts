import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Test } from "uvu";
import { compileShim } from "../../src/cni/compile.ts";
import { type CniDaemon, serveCni } from "../../src/cni/daemon.ts";
import { socketPath } from "../../src/cni/daemon-socket.ts";
import { installationPaths, privateFolderOf } from "../../src/cni/installed-plugin.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { leaveOut } from "../support/optional.ts";
import { type FakeAnswers, fakeNetwork } from "./fake-network.ts";
import { INSTALLED, writeInstalled } from "./installation.ts";
import { TELLS } from "./run-shim.ts";

/** The executable in C; undefined where there is no compiler. */
export const compiled: Uint8Array | undefined = (await compileShim(new AbortController().signal))
  ?.bytes;

/** Has `test` leave out what needs the executable in C, where there is none. */
export function withCompiler<T>(test: Test<T>): Test<T> {
  if (compiled !== undefined) return test;
  leaveOut("the executable in C", "there is no C compiler");
  return (() => {}) as unknown as Test<T>;
}

/** A plugin that was installed with the executable in C. */
export interface InstalledShim {
  readonly bin: string;
  readonly executable: string;
  readonly configuration: string;
}

/** Installed executables, and what they talk to; a test that fails leaves nothing open. */
export class ShimWorld {
  readonly folder: TestFolder;
  readonly #open: (() => Promise<unknown>)[] = [];
  #made = 0;

  private constructor(folder: TestFolder) {
    this.folder = folder;
  }

  static async make(): Promise<ShimWorld> {
    const world = new ShimWorld(await makeFolder());
    await world.folder.write({ tells: TELLS });
    return world;
  }

  /**
   * A folder in which `mynet` is installed.
   *
   * @param command What answers without a daemon; it tells what it was given, unless it is another one.
   */
  async install(
    command: readonly string[] = ["/bin/sh", join(this.folder.path, "tells")],
  ): Promise<InstalledShim> {
    const bin = join(this.folder.path, `bin${this.#made++}`);
    await mkdir(bin);
    const configuration = await writeInstalled(bin, "mynet", { ...INSTALLED, command });
    const { executable } = installationPaths(bin, "mynet");
    await writeFile(executable, compiled ?? new Uint8Array());
    await chmod(executable, 0o755);
    return { bin, executable, configuration };
  }

  /** A daemon over a plugin that answers so. */
  async serve({ bin }: InstalledShim, answers: FakeAnswers = {}): Promise<CniDaemon> {
    const network = fakeNetwork(answers);
    const daemon = await serveCni({
      binDirs: [bin],
      log: () => {},
      load: () => Promise.resolve({ network, close: () => Promise.resolve() }),
    });
    this.#open.push(() => daemon.close());
    return daemon;
  }

  /** What listens in place of a daemon, and does with each client what it likes. */
  async pretend({ bin }: InstalledShim, act: (socket: Socket) => void): Promise<Server> {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      act(socket);
    });
    const path = await socketPath(privateFolderOf(bin));
    await new Promise<void>((resolve) => server.listen({ path }, resolve));
    this.#open.push(() => stop(server));
    return server;
  }

  async close(): Promise<void> {
    for (const close of this.#open) await close();
    await this.folder.remove();
  }
}

/** Ends a server; once more is fine. */
export async function stop(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
