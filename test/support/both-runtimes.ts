import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { denoPath } from "../../scripts/project.ts";
import { plainEnvironment } from "./cli.ts";
import { projectPath } from "./paths.ts";

/** A program and its first arguments. */
export type Command = [string, ...string[]];

const onDeno = "Deno" in globalThis;

/** The commands that run a program of `test/support`: on the runtime of the tests, then on the other. */
export function commandsOf(name: string): [Command, Command] {
  const source = projectPath("test", "support", `${name}.ts`);
  const built = projectPath("build", "test", "support", `${name}.js`);
  const deno: Command = [denoPath(), "run", "-A", "--no-check", source];
  const node: Command = [onDeno ? "node" : process.execPath, built];
  return onDeno ? [deno, node] : [node, deno];
}

/**
 * The commands for two processes that run a program of `test/support`: one on each runtime, where both
 * are at hand. The other one says itself where it is: npm installs Deno behind a script, and a kill would
 * end only that.
 */
export async function pairOf(name: string): Promise<[Command, Command]> {
  const [own, [program, ...args]] = commandsOf(name);
  const say = onDeno ? ["-p", "process.execPath"] : ["eval", "console.log(Deno.execPath())"];
  const path = await new Promise<string>((resolve) => {
    let output = "";
    const child = spawn(program, say, {
      env: plainEnvironment(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    child.stdout!.on("data", (chunk) => output += chunk);
    child.on("error", () => resolve(""));
    child.on("close", () => resolve(output.trim()));
  });
  return [own, path !== "" && existsSync(args.at(-1)!) ? [path, ...args] : own];
}
