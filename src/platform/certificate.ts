import { createPrivateKey, X509Certificate } from "node:crypto";

/** What is wrong with a certificate in PEM, the first of several; undefined where nothing is. */
export function certificateFault(pem: string): string | undefined {
  return faultOf(() => new X509Certificate(pem)) ? "it is no certificate in PEM" : undefined;
}

/**
 * What is wrong with a private key in PEM, and with it for a certificate; undefined where the two belong
 * together. Only so both runtimes find it before anything is connected.
 */
export function keyFault(key: string, certificate: string): string | undefined {
  let fits = false;
  const fault = faultOf(() => {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  });
  if (fault) return "it is no private key in PEM, or needs a password";
  return fits ? undefined : "it is the key of another certificate";
}

function faultOf(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch {
    return true;
  }
}
