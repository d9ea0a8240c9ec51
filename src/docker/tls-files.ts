import { isCertificate, keyFault } from "../platform/certificate.ts";
import { readFileBounded } from "../platform/file-system.ts";
import type { ClientTls } from "../platform/http-client.ts";
import { PluginError } from "../plugin-error.ts";
import { readAddress } from "./address.ts";
import type { FoundPlugin } from "./discovery.ts";

/**
 * Whether a plugin's certificate is looked at where Docker does not do it: behind a `.spec`, and behind a
 * `.json` whose `TLSConfig` names no `CAFile`; and whether an address without TLS is refused that has a
 * `TLSConfig`.
 */
export type TlsVerification = "always" | "as-docker";

/** Certificates and a key, in bytes each. */
const MAX_BYTES = 1024 * 1024;

/**
 * How the plugin behind an address is made sure of, when that address is `https`. A `CAFile` names all who
 * may have signed its certificate; without one, it is whom the runtime trusts. `InsecureSkipVerify`
 * counts in any case: the file says so itself.
 *
 * @throws {PluginError} `docker.spec-invalid` for files that cannot be read
 * @see moby, pkg/plugins/discovery.go; go-connections, tlsconfig
 */
export async function tlsOf(found: FoundPlugin, verification: TlsVerification): Promise<ClientTls> {
  const asDocker = verification === "as-docker";
  if (found.kind === "spec") return { verify: !asDocker };
  const files = found.kind === "json" ? found.spec.tls : undefined;
  if (files === undefined) return { verify: true };
  const { scheme } = readAddress(found.address) ?? {};
  if (!asDocker && (scheme === "tcp" || scheme === "http")) {
    throw invalid(found, `it says how to use TLS, but "${scheme}" is without; write "https"`);
  }
  const { caFile, certFile, keyFile, skipVerify } = files;
  const verify = !skipVerify && !(asDocker && caFile === undefined);
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw invalid(found, '"CertFile" and "KeyFile" are only of use together');
  }
  // As in Docker: where nobody looks at a certificate, it does not matter who signs it.
  const ca = caFile !== undefined && verify ? await readCertificate(found, caFile) : undefined;
  if (certFile === undefined || keyFile === undefined) return { verify, ca };
  const cert = await readCertificate(found, certFile);
  const key = await readPem(found, keyFile);
  const fault = keyFault(key, cert);
  if (fault !== undefined) throw invalid(found, `the key in "${keyFile}" is ${fault}`);
  return { verify, ca, cert, key };
}

async function readCertificate(found: FoundPlugin, path: string): Promise<string> {
  const pem = await readPem(found, path);
  if (isCertificate(pem)) return pem;
  throw invalid(found, `"${path}" is no certificate in PEM`);
}

async function readPem(found: FoundPlugin, path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readFileBounded(path, MAX_BYTES));
  } catch (error) {
    throw invalid(found, PluginError.from(error).message);
  }
}

function invalid({ path }: FoundPlugin, why: string): PluginError {
  return new PluginError("docker.spec-invalid", `Cannot use "${path}": ${why}`);
}
