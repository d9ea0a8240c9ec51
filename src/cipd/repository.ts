import * as v from "valibot";
import type {
  MetadataEntry,
  MetadataPage,
  MetadataProvider,
  MetadataRequest,
} from "../capability/metadata-provider.ts";
import { decodeBase64 } from "../document/base64.ts";
import { readCipdInstanceId } from "../document/cipd-instance.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";

/** What stands before all JSON of pRPC, so that no browser runs it. */
const PREFIX = ")]}'";

const text = v.optional(v.string(), "");

const ResponseSchema = v.object({
  metadata: v.optional(
    v.array(v.object({
      key: v.string(),
      value: text,
      contentType: text,
      fingerprint: text,
      attachedBy: text,
      attachedTs: v.optional(v.string()),
    })),
    [],
  ),
  nextPageToken: text,
});

/**
 * Metadata from a CIPD service itself, as anybody may read it: `cipd.Repository/ListMetadata` over pRPC,
 * in JSON. Nothing is asked again.
 *
 * @param serviceUrl `https://chrome-infra-packages.appspot.com`
 * @see luci-go, cipd/api/cipd/v1/repo.proto; grpc/prpc
 */
export function metadataFromRepository(serviceUrl: string): MetadataProvider {
  const url = new URL("/prpc/cipd.Repository/ListMetadata", serviceUrl);
  return {
    list: async (request): Promise<MetadataPage> => {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept": "application/json" },
        body: JSON.stringify(requestOf(request)),
        redirect: "error",
        signal: request.signal,
      });
      const body = await readBounded(response);
      const code = response.headers.get("X-Prpc-Grpc-Code");
      if (code !== "0") {
        const why = code === null ? `HTTP status ${response.status}` : `gRPC code ${code}`;
        throw failed(request, `${why}: ${body.trim().slice(0, 500)}`);
      }
      return readPage(request, body);
    },
  };
}

function requestOf({ package: name, instanceId, keys, pageSize, pageToken }: MetadataRequest) {
  const instance = instanceId === undefined ? undefined : readCipdInstanceId(instanceId);
  if (instance === undefined) {
    throw new PluginError(
      "cipd.pin-invalid",
      `Cannot list metadata of ${name} without an instance`,
    );
  }
  return { package: name, instance, keys: keys ?? [], pageSize, pageToken: pageToken ?? "" };
}

/** Base64 of a full page, and all the rest. */
const MAX_BYTES = 2 * LIMITS.metadataPageBytes;

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let body = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`);
    body += decoder.decode(chunk, { stream: true });
  }
  return body + decoder.decode();
}

function readPage(request: MetadataRequest, body: string): MetadataPage {
  let value: unknown;
  try {
    value = JSON.parse(body.startsWith(PREFIX) ? body.slice(PREFIX.length) : body);
  } catch {
    throw failed(request, "the answer is no JSON");
  }
  if (!isJsonObject(value as JsonValue)) throw failed(request, "the answer is none: no object");
  const result = v.safeParse(ResponseSchema, value);
  if (!result.success) throw failed(request, `the answer is none: ${result.issues[0].message}`);
  const { metadata, nextPageToken } = result.output;
  const entries = metadata.map(({ value, attachedTs, ...entry }): MetadataEntry => {
    const bytes = decodeBase64(value);
    if (bytes === undefined) throw failed(request, `the value of "${entry.key}" is no base64`);
    return {
      ...entry,
      value: bytes,
      ...(attachedTs === undefined ? {} : { attachedAt: attachedTs }),
    };
  });
  return { entries, nextPageToken };
}

function failed({ package: name }: MetadataRequest, why: string): PluginError {
  return new PluginError("capability.failed", `Cannot list metadata of ${name}: ${why}`);
}
