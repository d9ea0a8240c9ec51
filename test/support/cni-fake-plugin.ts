import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CniCommand } from "../../src/capability/cni-plugin.ts";
import type { JsonObject } from "../../src/json.ts";
import { makeFolder, type TestFolder } from "./folder.ts";
import { writeScript } from "./process-fixture.ts";

/** One call of a fake plugin. */
export interface PluginCall {
  readonly plugin: string;
  readonly command: string;
  readonly containerId: string;
  readonly netns: string;
  readonly ifname: string;
  readonly args: string;
  readonly path: string;
  readonly config: JsonObject;
}

/** What a fake plugin does at a verb. */
export interface FakeAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exit?: number;
}

/** Native plugins that note how they are called, and do what a test wants: scripts of /bin/sh. */
export class FakePlugins {
  /** Where they stand. */
  readonly path: string;
  readonly #folder: TestFolder;

  private constructor(folder: TestFolder) {
    this.#folder = folder;
    this.path = folder.path;
  }

  /** Makes plugins of these names; each answers `{}` to everything. */
  static async make(...names: string[]): Promise<FakePlugins> {
    const plugins = new FakePlugins(await makeFolder());
    for (const name of names) await plugins.add(name);
    return plugins;
  }

  async add(name: string): Promise<void> {
    const variables = ["COMMAND", "CONTAINERID", "NETNS", "IFNAME", "ARGS", "PATH"];
    const values = variables.map((variable) => `"$CNI_${variable}"`).join(" ");
    await writeScript(
      this.#folder,
      name,
      `stdin=$(cat)
answer="$0.answers/$CNI_COMMAND"
printf '%s\\n' "\${0##*/}" ${values} "$stdin" >>"\${0%/*}/calls"
if [ -f "$answer" ]; then cat "$answer"; else echo '{}'; fi
[ ! -f "$answer.stderr" ] || cat "$answer.stderr" >&2
[ ! -f "$answer.exit" ] || exit "$(cat "$answer.exit")"`,
    );
  }

  /** Has a plugin do this from now on. */
  async answer(
    name: string,
    command: CniCommand,
    { stdout = "{}", stderr, exit }: FakeAnswer,
  ): Promise<void> {
    const folder = join(this.path, `${name}.answers`);
    await mkdir(folder, { recursive: true });
    const path = join(folder, command);
    await writeFile(path, stdout);
    await rm(`${path}.stderr`, { force: true });
    await rm(`${path}.exit`, { force: true });
    if (stderr !== undefined) await writeFile(`${path}.stderr`, stderr);
    if (exit !== undefined) await writeFile(`${path}.exit`, String(exit));
  }

  /** A plugin that is this script. @returns its path */
  script(name: string, body: string): Promise<string> {
    return writeScript(this.#folder, name, body);
  }

  /** What was called since this was asked last, in order. */
  async calls(): Promise<PluginCall[]> {
    const file = join(this.path, "calls");
    const lines = (await readFile(file, "utf8").catch(() => "")).split("\n").slice(0, -1);
    await rm(file, { force: true });
    return Array.from({ length: lines.length / 8 }, (_, n) => {
      const [plugin, command, containerId, netns, ifname, args, path, config] = lines
        .slice(n * 8, n * 8 + 8) as [
          string,
          string,
          string,
          string,
          string,
          string,
          string,
          string,
        ];
      const parsed = JSON.parse(config) as JsonObject;
      return { plugin, command, containerId, netns, ifname, args, path, config: parsed };
    });
  }

  /** The same as words: `bridge ADD`. */
  async log(): Promise<string[]> {
    return (await this.calls()).map(({ plugin, command }) => `${plugin} ${command}`);
  }

  remove(): Promise<void> {
    return this.#folder.remove();
  }
}

/** A configuration as a file has it. */
export function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
}
