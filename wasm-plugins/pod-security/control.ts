import type { Field } from "./field.ts";
import type { Pod } from "./pod.ts";

/** The levels of the standards that forbid something; each includes those before it. */
export const LEVELS = ["baseline", "restricted"] as const;

/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

/** Denies `field`; `wanted` says what would satisfy the control: `allowed: false`. */
export type Deny = (field: Field, wanted: string) => void;

/** Looks at all of a pod that a control is about. */
export type Check = (pod: Pod, deny: Deny) => void;

/** A control of the standards, such as "Host Namespaces". */
export interface Control {
  /** The id of its rule in the manifest. */
  readonly rule: string;
  readonly level: Level;
  /**
   * Its check, by the minor version of Kubernetes from which on it is this one. Ascending; before the
   * first there is no such control.
   */
  readonly since: readonly (readonly [minor: number, check: Check])[];
  /** The control of the level below that it takes the place of. */
  readonly replaces?: string;
}
