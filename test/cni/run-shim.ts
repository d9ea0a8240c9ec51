import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { ENVIRONMENT } from "./installation.ts";

/** What a runtime sees of an executable. */
export interface Ran {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How an executable is run. */
export interface RunOptions {
  /** A program and its arguments that run it, as `unshare` does. */
  readonly by?: readonly string[];
  /** Over {@link ENVIRONMENT}; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array;
  /** A path that is opened as standard input instead. */
  readonly stdinFrom?: string;
  /** Whether standard input stays open, with nothing in it. */
  readonly keepsStdin?: boolean;
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

/** Where a runtime looks for programs. */
export const RUNTIME_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** What a runtime has in its environment, and a plugin should not get. */
const OTHERS: Readonly<Record<string, string>> = {
  COFFERDAM_CONFIG: "/nowhere/cofferdam.yaml",
  NODE_OPTIONS: "--require=/nowhere/evil.js",
  NODE_EXTRA_CA_CERTS: "/nowhere/ca.pem",
  DENO_DIR: "/nowhere/deno",
  DENO_AUTH_TOKENS: "x@nowhere",
  LD_LIBRARY_PATH: "/nowhere/lib",
  HOME: "/nowhere/home",
  PATH: RUNTIME_PATH,
};

/** Runs an executable as a runtime does, which hands on its own environment. */
export function runShim(path: string, options: RunOptions = {}): Promise<Ran> {
  const { by = [], env, stdin = "", stdinFrom, keepsStdin = false, onStart } = options;
  const command = [...by, path];
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), {
      env: { ...OTHERS, ...ENVIRONMENT, ...env },
      stdio: [stdinFrom === undefined ? "pipe" : openSync(stdinFrom, "r"), "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout!.on("data", (chunk) => stdout += chunk);
    child.stderr!.on("data", (chunk) => stderr += chunk);
    child.on("error", reject);
    child.on("exit", () => child.stdin?.destroy());
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin?.on("error", () => {});
    if (!keepsStdin) child.stdin?.end(stdin);
    onStart?.(child);
  });
}

/** A script that tells its arguments, its environment and its standard input, and ends with 7. */
export const TELLS = `printf '%s\\n' "$@"; echo --; cat /proc/$$/environ; echo --; cat; exit 7`;

/** Variables that a shell could take for more than text. */
export const ODD_ENVIRONMENT: Readonly<Record<string, string>> = {
  CNI_ARGS: "A='b c';D=$(e)\"`f`\n",
  CNI_PATH: "/a b:/*",
};

/** What {@link TELLS} told; the environment in order. */
export function told({ code, stdout }: Ran): Record<string, unknown> {
  const [args, environment, stdin] = stdout.split("--\n") as [string, string, string];
  return {
    code,
    args: args.trimEnd().split("\n"),
    environment: environment.split("\0").filter(Boolean).sort(),
    stdin,
  };
}
