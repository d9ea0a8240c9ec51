import { createHash } from "node:crypto";

/** `sha256:` and the lower-case hexadecimal SHA-256 of `bytes`, at once. */
export function sha256Sync(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
