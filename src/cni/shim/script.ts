import { CNI_VARIABLES } from "../environment.ts";

/** Stands in every executable that is ours. */
export const SHIM_MARK = "cofferdam-cni-shim";

/** No executable of ours is longer. */
export const MAX_SHIM_BYTES: number = 32 * 1024 * 1024;

/**
 * The executable without a C compiler: it becomes the command, with the variables of CNI and PATH and no
 * other. The command itself looks for the daemon. What the system's loader takes from the environment
 * (LD_PRELOAD) it has taken for the shell by then.
 *
 * @param command Program and arguments.
 */
export function shimScript(command: readonly string[]): string {
  const variables = ["PATH", ...CNI_VARIABLES].map((name) => `${name}="$${name}"`);
  return `#!/bin/sh
# ${SHIM_MARK}: written by "cofferdam install cni"
exec ${["/usr/bin/env", "-i", ...variables, ...command.map(quoted)].join(" \\\n  ")}
`;
}

/** As one word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
