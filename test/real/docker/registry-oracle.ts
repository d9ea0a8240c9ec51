import { spawn } from "node:child_process";
import { type GoPrograms, goPrograms } from "../../support/go-programs.ts";

/** `registry/`, which asks Docker's own pkg/plugins. */
export const ORACLE: GoPrograms<"registry"> = goPrograms("docker/registry", { registry: "." });

/** What Docker finds under a name. */
export interface DockerFound {
  readonly address?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly skipVerify?: boolean;
  readonly notFound?: boolean;
  readonly failed?: boolean;
}

/** What Docker finds in folders. */
export interface DockerFolders {
  readonly scanned: readonly string[];
  readonly scanFailed: boolean;
  readonly found: Readonly<Record<string, DockerFound>>;
}

/** What came of a call. */
export interface DockerOutcome {
  /** The fields that Docker's volume drivers have. */
  readonly answer?: unknown;
  /** `decoding` where the answer was none; else the error's text. */
  readonly error?: string;
  readonly notFound?: boolean;
}

/** What Docker's registry makes of folders. */
export function askFolders(
  folders: { readonly sockets: string; readonly specs: readonly string[] },
  names: readonly string[],
): Promise<DockerFolders> {
  return ask({ ...folders, names });
}

/** What Docker's client makes of a plugin's answers, by the methods that get them. */
export async function askCalls(
  address: string,
  methods: readonly string[],
  body: Readonly<Record<string, unknown>> | null,
): Promise<Readonly<Record<string, DockerOutcome>>> {
  const { outcomes } = await ask<{ outcomes: Record<string, DockerOutcome> }>(
    { address, methods, body },
  );
  return outcomes;
}

function ask<T>(question: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(ORACLE.path("registry"), { stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => stdout += chunk);
    child.stderr.on("data", (chunk) => stderr += chunk);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(stdout) as T);
      else reject(new Error(`the program ended with ${code}: ${stderr}`));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(question));
  });
}
