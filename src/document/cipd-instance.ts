import { decodeBase64 } from "./base64.ts";
import { hex } from "../digest.ts";

/** What a CIPD instance ID stands for. */
export interface CipdInstance {
  readonly hashAlgo: "SHA1" | "SHA256";
  /** Lower case. */
  readonly hexDigest: string;
}

/**
 * Reads an instance ID: 40 lower-case hexadecimal digits are SHA-1; else unpadded base64url of the
 * digest and one byte that names the algorithm, of which there is SHA-256 (2).
 *
 * @returns undefined where `text` is none
 * @see luci-go, cipd/common/iid.go
 */
export function readCipdInstanceId(text: string): CipdInstance | undefined {
  if (text.length === 40) {
    return /^[0-9a-f]{40}$/.test(text) ? { hashAlgo: "SHA1", hexDigest: text } : undefined;
  }
  if (!/^[A-Za-z0-9_-]{44}$/.test(text)) return undefined;
  const bytes = decodeBase64(text);
  if (bytes?.length !== 33 || bytes[32] !== 2) return undefined;
  return { hashAlgo: "SHA256", hexDigest: hex(bytes.subarray(0, 32)) };
}

/** True for a package's name: words of `[a-z0-9_.-]` between slashes, none of dots alone. */
export function isCipdPackage(name: string): boolean {
  return /^(?:[a-z0-9_.-]+\/)*[a-z0-9_.-]+$/.test(name) &&
    !name.split("/").some((word) => /^\.+$/.test(word));
}

/** True for a package's name in which `${os}`, `${arch}` and `${platform}` may stand. */
export function isCipdPackageTemplate(template: string): boolean {
  const name = template.replace(/\$\{(?:os|arch|platform)(?:=[a-z0-9_,-]+)?\}/g, "x");
  return isCipdPackage(name) && !template.startsWith("$");
}

/** True for an instance ID, a ref (`latest`) or a tag (`git_revision:…`). */
export function isCipdVersion(version: string): boolean {
  return readCipdInstanceId(version) !== undefined || /^[a-z0-9_./-]{1,256}$/.test(version) ||
    (version.length <= 400 &&
      /^[a-z0-9_-]+:(?! )[A-Za-z0-9$()*+,\-./:;<=>@\\_{}~ ]+(?<! )$/.test(version));
}
