import { isCertificate, keyFault } from "./certificate.ts";

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
  if (!isCertificate(cert)) return "the certificate is none in PEM";
  if (!isCertificate(ca)) return "the certificate of the authority is none in PEM";
  const fault = keyFault(key, cert);
  return fault && `the key is ${fault}`;
}
