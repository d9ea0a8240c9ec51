/**
 * One licence of an expression, split so that versions can be compared. "GPL-2.0+", "GPL-2.0-or-later"
 * and the deprecated "GPL-2.0-with-classpath-exception" all say things that have a newer spelling.
 */
export interface Term {
  /** As it is written. */
  readonly text: string;
  /** The id up to its version, "GPL-"; the whole id where it has none, so MIT is none of "MIT-". */
  readonly family: string;
  /** "2.0" as [2, 0]; empty without a version. */
  readonly version: readonly number[];
  /** Whether later versions count as well. */
  readonly orLater: boolean;
  /** The id behind WITH. */
  readonly exception: string | undefined;
}

/** What the parser makes of one licence. */
export interface ParsedLicense {
  readonly license: string;
  readonly plus?: true | undefined;
  readonly exception?: string | undefined;
}

/** Deprecated ids that are spelled in parts today. @see https://spdx.org/licenses, deprecated ids */
const RESPELLED: ReadonlyMap<string, readonly [license: string, exception?: string]> = new Map([
  ["GPL-2.0-with-autoconf-exception", ["GPL-2.0", "Autoconf-exception-2.0"]],
  ["GPL-2.0-with-bison-exception", ["GPL-2.0", "Bison-exception-2.2"]],
  ["GPL-2.0-with-classpath-exception", ["GPL-2.0", "Classpath-exception-2.0"]],
  ["GPL-2.0-with-font-exception", ["GPL-2.0", "Font-exception-2.0"]],
  ["GPL-2.0-with-GCC-exception", ["GPL-2.0", "GCC-exception-2.0"]],
  ["GPL-3.0-with-autoconf-exception", ["GPL-3.0", "Autoconf-exception-3.0"]],
  ["GPL-3.0-with-GCC-exception", ["GPL-3.0", "GCC-exception-3.1"]],
  ["eCos-2.0", ["GPL-2.0-or-later", "eCos-exception-2.0"]],
  ["wxWindows", ["LGPL-2.0-or-later", "WxWindows-exception-3.1"]],
  ["Nunit", ["zlib-acknowledgement"]],
  ["StandardML-NJ", ["SMLNJ"]],
]);

/**
 * Splits a licence into its parts.
 *
 * @throws {Error} for what contradicts itself: "GPL-2.0-only+", two exceptions
 */
export function toTerm({ license, plus, exception }: ParsedLicense): Term {
  const text = license + (plus ? "+" : "") + (exception === undefined ? "" : ` WITH ${exception}`);
  const [id, ownException] = RESPELLED.get(license) ?? [license];
  if (ownException !== undefined && exception !== undefined) {
    throw new Error(`${license} has an exception already`);
  }
  if (/^(?:Document|License)Ref-/.test(id)) {
    return { text, family: id, version: [], orLater: false, exception };
  }
  const [, stem = id, ending] = /^(.+?)(-only|-or-later)?$/.exec(id)!;
  if (ending === "-only" && plus) throw new Error(`${license} has no later versions`);
  const parts = /^(.+?-)(\d+(?:\.\d+)*)(-invariants|-no-invariants)?$/.exec(stem);
  return {
    text,
    family: parts ? parts[1]! + (parts[3] ?? "") : stem,
    version: parts ? parts[2]!.split(".").map(Number) : [],
    orLater: plus === true || ending === "-or-later",
    exception: exception ?? ownException,
  };
}

/** Less than 0 where `a` comes before `b`. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
