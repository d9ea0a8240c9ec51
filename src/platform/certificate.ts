import { Buffer } from "node:buffer";
import { createPrivateKey, X509Certificate } from "node:crypto";

/** Text in PEM. */
export type Pem = string | Uint8Array;

/** Whether it is a certificate; of several, the first is looked at. */
export function isCertificate(pem: Pem): boolean {
  try {
    new X509Certificate(Buffer.from(pem));
    return true;
  } catch {
    return false;
  }
}

/**
 * What is wrong with a private key for a certificate, in words that follow "it is"; undefined where the two
 * belong together. Deno takes any two, and then speaks to nobody.
 */
export function keyFault(key: Pem, certificate: Pem): string | undefined {
  try {
    const shown = new X509Certificate(Buffer.from(certificate));
    return shown.checkPrivateKey(createPrivateKey(Buffer.from(key)))
      ? undefined
      : "that of another certificate";
  } catch {
    return "none in PEM, or wants a password";
  }
}
