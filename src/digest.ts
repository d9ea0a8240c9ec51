import * as v from "valibot";

/** `sha256:` and the lower-case hexadecimal SHA-256 of `bytes`. */
export async function sha256Digest(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return `sha256:${hex(new Uint8Array(hash))}`;
}

/** Lower-case hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** True for `sha256:` and 64 lower-case hexadecimal digits. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** Schema of what {@link isDigest} takes. */
export const DigestSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.check(isDigest, 'Invalid digest: wanted "sha256:" and 64 lower-case hexadecimal digits'),
);
