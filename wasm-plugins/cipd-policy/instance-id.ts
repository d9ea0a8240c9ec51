/**
 * The hash algorithm of an instance ID: 40 lower-case hexadecimal digits are SHA-1; else it is
 * unpadded base64url of a digest and a byte that names the algorithm, 2 for SHA-256, which leaves few
 * letters for its end.
 *
 * @returns undefined where `text` is no instance ID
 * @see luci-go, cipd/common/iid.go
 */
export function readHashAlgo(text: string): "SHA1" | "SHA256" | undefined {
  if (text.length === 40) return /^[0-9a-f]+$/.test(text) ? "SHA1" : undefined;
  if (text.length !== 44) return undefined;
  return /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]C$/.test(text) ? "SHA256" : undefined;
}
