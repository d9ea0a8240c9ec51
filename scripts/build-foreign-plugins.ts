/**
 * Builds the sample plugins that are not written in AssemblyScript: from C with Debian's clang, whose
 * result is committed, so that nobody needs a compiler to use it; from Go with its own toolchain,
 * whose result is too large for that. What has no compiler here is named and left out.
 *
 * Run by itself it builds all of them into `build/wasm-plugins`, compares the committed module with
 * what this machine's compiler makes of its source, and ends with 1 where they differ. With `--write`
 * it writes the committed module instead.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { packBundle } from "../src/bundle/pack.ts";
import { PROJECT } from "./project.ts";
import { type CommandOptions, runCommand } from "./run-command.ts";

const PLUGINS = join(PROJECT, "wasm-plugins");

/** The committed module of the plugin in C. */
export const OWNER_LABEL: string = join(PLUGINS, "owner-label", "owner-label.wasm");

/** The compiler that the committed module comes from; another one makes other bytes. */
const CLANG_VERSION = "Debian clang version 14.0.6";

const CLANG_OPTIONS: readonly string[] = [
  ..."--target=wasm32 -std=c11 -Os -ffreestanding -mbulk-memory".split(" "),
  ..."-Wall -Wextra -Werror -c".split(" "),
];

const LINK_OPTIONS: readonly string[] = [
  ..."--no-entry --strip-all".split(" "),
  // A stack below the data: what overflows traps, instead of writing over the data.
  ..."--stack-first -z stack-size=65536".split(" "),
];

const GO_OPTIONS: readonly string[] = [
  ..."build -buildmode=c-shared -trimpath -buildvcs=false -ldflags=-s".split(" "),
];

/** A module, or why it cannot be built on this machine. */
export type ForeignBuild = { readonly wasm: Uint8Array } | { readonly unavailable: string };

/**
 * Compiles `wasm-plugins/owner-label`.
 *
 * @returns Unavailable without clang 14.
 * @throws {Error} With the compiler's own messages.
 */
export async function buildOwnerLabel(): Promise<ForeignBuild> {
  const { code, output } = await runCommand("clang", ["--version"]);
  const linker = await runCommand("wasm-ld", ["--version"]);
  if (code !== 0 || linker.code !== 0) return { unavailable: "there is no clang or no lld" };
  if (!output.startsWith(CLANG_VERSION)) {
    return { unavailable: `there is ${output.split("\n")[0]}, wanted ${CLANG_VERSION}` };
  }
  const cwd = join(PLUGINS, "owner-label");
  return await inFolder(async (folder) => {
    const object = join(folder, "plugin.o");
    const module = join(folder, "plugin.wasm");
    await run("clang", [...CLANG_OPTIONS, "source/owner-label.c", "-o", object], { cwd });
    // By hand: as a linker's front, clang would also run any wasm-opt that it finds on the way.
    await run("wasm-ld", [...LINK_OPTIONS, object, "-o", module], { cwd });
    return module;
  });
}

/**
 * Compiles `wasm-plugins/sbom-license`, some 3 MB.
 *
 * @returns Unavailable without Go 1.24, or where its one module cannot be had.
 * @throws {Error} With the compiler's own messages.
 */
export async function buildSbomLicense(): Promise<ForeignBuild> {
  const cwd = join(PLUGINS, "sbom-license");
  // Never another toolchain than the one that is here.
  const env = { GOTOOLCHAIN: "local", GOWORK: "off" };
  const { code, output } = await runCommand("go", ["mod", "download"], {
    cwd,
    env,
    timeoutMs: 60_000,
  });
  if (code !== 0) return { unavailable: `"go mod download" says: ${output.trim() || "nothing"}` };
  return await inFolder(async (folder) => {
    const module = join(folder, "plugin.wasm");
    const target = { GOOS: "wasip1", GOARCH: "wasm" };
    await run("go", [...GO_OPTIONS, "-o", module], { cwd, env: { ...env, ...target } });
    return module;
  });
}

/** The file that `build` names, out of a folder that is gone afterwards. */
async function inFolder(build: (folder: string) => Promise<string>): Promise<ForeignBuild> {
  const folder = await mkdtemp(join(tmpdir(), "cofferdam-build-"));
  try {
    return { wasm: new Uint8Array(await readFile(await build(folder))) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(command: string, args: readonly string[], options: CommandOptions) {
  const { code, output } = await runCommand(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${output}`);
}

/** A module with its manifest from `wasm-plugins/<name>/plugin.json`. */
export async function bundleForeign(name: string, wasm: Uint8Array): Promise<Uint8Array> {
  return packBundle(wasm, JSON.parse(await readFile(join(PLUGINS, name, "plugin.json"), "utf8")));
}

async function buildAll(isWriting: boolean): Promise<void> {
  const folder = join(PROJECT, "build", "wasm-plugins");
  await mkdir(folder, { recursive: true });
  const pack = async (name: string, wasm: Uint8Array) => {
    const path = join(folder, `${name}.wasm`);
    await writeFile(path, await bundleForeign(name, wasm));
    console.error(`Built ${path} (${wasm.length} bytes)`);
  };
  const fromC = await buildOwnerLabel();
  if ("unavailable" in fromC) {
    console.error(`Took owner-label as it is committed: ${fromC.unavailable}`);
  } else if (isWriting) {
    await writeFile(OWNER_LABEL, fromC.wasm);
  } else if (!(await readFile(OWNER_LABEL)).equals(fromC.wasm)) {
    console.error(`${OWNER_LABEL} is not what its source gives; write it anew with --write`);
    process.exitCode = 1;
  }
  await pack("owner-label", new Uint8Array(await readFile(OWNER_LABEL)));
  const fromGo = await buildSbomLicense();
  if ("unavailable" in fromGo) console.error(`Left out sbom-license: ${fromGo.unavailable}`);
  else await pack("sbom-license", fromGo.wasm);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await buildAll(process.argv.includes("--write"));
}
