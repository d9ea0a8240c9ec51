import { BASELINE } from "./baseline.ts";
import type { Check, Control, Level } from "./control.ts";
import { RESTRICTED } from "./restricted.ts";

/** Every control of the standards. */
export const CONTROLS: readonly Control[] = [...BASELINE, ...RESTRICTED];

/** The newest minor version of Kubernetes whose standards are known here. */
export const NEWEST_MINOR = 37;

/** A control's check as it holds for one version. */
export interface ActiveCheck {
  readonly rule: string;
  readonly check: Check;
}

/** What a level asks for since a minor version of Kubernetes, up to the newest that is known. */
export function checksOf(level: Level, minor: number): readonly ActiveCheck[] {
  return CHECKS[level][minor]!;
}

// Made once, as the module is evaluated: a plugin's calls all start from what is then in its memory.
const CHECKS: Readonly<Record<Level, readonly (readonly ActiveCheck[])[]>> = {
  baseline: perVersion("baseline"),
  restricted: perVersion("restricted"),
};

function perVersion(level: Level): ActiveCheck[][] {
  return Array.from({ length: NEWEST_MINOR + 1 }, (_, minor) => select(level, minor));
}

function select(level: Level, minor: number): ActiveCheck[] {
  const active = CONTROLS.flatMap((control) => {
    const revision = control.since.findLast(([since]) => since <= minor);
    const applies = control.level === "baseline" || level === "restricted";
    return revision !== undefined && applies ? [{ control, check: revision[1] }] : [];
  });
  const replaced = new Set(active.map(({ control }) => control.replaces));
  return active
    .filter(({ control }) => control.level !== "baseline" || !replaced.has(control.rule))
    .map(({ control, check }) => ({ rule: control.rule, check }));
}
