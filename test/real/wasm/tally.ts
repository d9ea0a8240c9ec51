import { createHash } from "node:crypto";

/** Counts of one run, and a digest of what must be the same on every runtime. */
export class Tally {
  passed = 0;
  readonly failures: string[] = [];
  /** Assertions that were not compared, by the reason. */
  readonly counted: Map<string, number> = new Map();
  readonly #digest: ReturnType<typeof createHash> = createHash("sha256");

  pass(): void {
    this.passed++;
  }

  fail(where: string, why: string): void {
    this.failures.push(`${where}: ${why}`);
  }

  count(reason: string): void {
    this.counted.set(reason, (this.counted.get(reason) ?? 0) + 1);
  }

  /** Adds something that every runtime must agree on. */
  seal(text: string): void {
    this.#digest.update(`${text}\n`);
  }

  /** The first 16 hex digits of all that was sealed; ends the sealing. */
  digest(): string {
    return this.#digest.digest("hex").slice(0, 16);
  }
}
