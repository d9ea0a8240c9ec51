import { Buffer } from "node:buffer";
import { createPrivateKey, X509Certificate } from "node:crypto";

/** What a server shows its clients, and what they have to show it; PEM. */
export interface ServerIdentity {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  /** Signs the certificate that each client must have. */
  readonly ca: Uint8Array;
}

/**
 * What is wrong with an identity, in words that follow "because"; undefined where nothing is. A server
 * may listen all the same, and then speak to nobody: on Deno any text will do.
 */
export function identityFault({ cert, key, ca }: ServerIdentity): string | undefined {
  const own = certificateOf(cert);
  if (own === undefined) return "the certificate is none in PEM";
  if (certificateOf(ca) === undefined) return "the certificate of the authority is none in PEM";
  try {
    const isOwn = own.checkPrivateKey(createPrivateKey(Buffer.from(key)));
    return isOwn ? undefined : "the key is that of another certificate";
  } catch {
    return "the key is none in PEM, or wants a password";
  }
}

function certificateOf(pem: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(pem));
  } catch {
    return undefined;
  }
}
