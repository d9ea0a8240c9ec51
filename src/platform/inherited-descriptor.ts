import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** Close on exec, in the octal flags of `fdinfo` (see proc(5)). */
const O_CLOEXEC = 0o2000000;

/**
 * Descriptors above standard error that a program started now would get, in rising order. Node and Deno
 * open theirs with close-on-exec; these were left open by whoever started this process (a redirection
 * of a shell, a supervisor). Only Linux shows them; elsewhere the list is empty, and macOS hands on none.
 *
 * @throws What the system throws where Linux does not show them: no `/proc`, or Deno without `-A`.
 */
export function inheritableDescriptors(): number[] {
  if (process.platform !== "linux") return [];
  const names = readdirSync("/proc/self/fdinfo");
  return names.map(Number).filter((fd) => fd > 2 && isInheritable(fd)).sort((a, b) => a - b);
}

function isInheritable(fd: number): boolean {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    return flags === undefined || (parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch (error) {
    // That which read the folder, and what another thread closed meanwhile.
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}
