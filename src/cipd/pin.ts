import { encodeBase64 } from "../document/base64.ts";
import { isCipdPackage, readCipdInstanceId } from "../document/cipd-instance.ts";
import type { Document } from "../document/document.ts";
import { parseDocuments } from "../document/parse.ts";
import { sha256Sync } from "../platform/hash.ts";
import { PluginError } from "../plugin-error.ts";
import type { ObjectRef } from "./wire.ts";

/** A package at one version, which cannot move. */
export interface Pin {
  /** `infra/tools/x` */
  readonly package: string;
  /** 40 hexadecimal digits for SHA-1, or 44 letters of base64url for SHA-256. */
  readonly instanceId: string;
}

/** The names of the algorithms that CIPD knows, by their number. @see cipd.HashAlgo */
const HASH_ALGOS = ["", "SHA1", "SHA256"] as const;

/** Bytes of a digest, by the number of its algorithm. */
const DIGEST_BYTES = [0, 20, 32] as const;

/**
 * The instance ID that CIPD writes for a reference.
 *
 * @throws {PluginError} `cipd.pin-invalid` for an unknown hash and a digest of another length
 * @see luci-go, cipd/common/iid.go
 */
export function instanceIdOf(ref: ObjectRef | null): string {
  const algo = ref?.hashAlgo ?? 0;
  const digest = ref?.hexDigest ?? "";
  const length = DIGEST_BYTES[algo];
  if (!length) throw invalid(`its hash algorithm has the number ${algo}, which is not known`);
  if (digest.length !== length * 2 || !/^[0-9a-f]*$/.test(digest)) {
    throw invalid(
      `${JSON.stringify(digest.slice(0, 100))} is no ${HASH_ALGOS[algo]} in lower-case hexadecimal`,
    );
  }
  if (algo === 1) return digest;
  const bytes = new Uint8Array(length + 1);
  for (let i = 0; i < length; i++) bytes[i] = parseInt(digest.slice(2 * i, 2 * i + 2), 16);
  bytes[length] = algo;
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * The reference for an instance ID.
 *
 * @throws {PluginError} `cipd.pin-invalid`
 */
export function objectRefOf(instanceId: string): ObjectRef {
  const instance = readCipdInstanceId(instanceId);
  if (instance === undefined) {
    throw invalid(`${JSON.stringify(instanceId.slice(0, 100))} is no instance ID`);
  }
  return { hashAlgo: HASH_ALGOS.indexOf(instance.hashAlgo), hexDigest: instance.hexDigest };
}

/** @throws {PluginError} `cipd.pin-invalid` */
export function checkPin(pin: Pin): void {
  const { package: name, instanceId } = (pin ?? {}) as Partial<Pin>;
  if (typeof name !== "string" || typeof instanceId !== "string") {
    throw invalid('wanted the texts "package" and "instanceId"');
  }
  if (!isCipdPackage(name)) {
    throw invalid(`${JSON.stringify(name.slice(0, 100))} is no package name`);
  }
  objectRefOf(instanceId);
}

/**
 * The pin as plugins judge it: a document of the kind `cipd.pin`.
 *
 * @throws {PluginError} `cipd.pin-invalid`
 */
export async function pinDocument(serviceUrl: string, pin: Pin): Promise<Document> {
  checkPin(pin);
  const { package: name, instanceId } = pin;
  const text = JSON.stringify({ serviceUrl, package: name, instanceId });
  const bytes = new TextEncoder().encode(text);
  const [document] = await parseDocuments(bytes, {
    name: `${name}@${instanceId}`,
    kind: "cipd.pin",
    digest: sha256Sync(bytes),
  });
  return document!;
}

function invalid(why: string): PluginError {
  return new PluginError("cipd.pin-invalid", `Cannot judge the pin: ${why}`);
}
