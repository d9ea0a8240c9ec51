/**
 * Writes the contracts as JSON Schema into `src/contract/schema`; with `--check` only says whether
 * they are up to date.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { toJsonSchema } from "@valibot/to-json-schema";
import { ManifestSchema } from "../src/bundle/manifest.ts";
import { AdmissionRequestSchema, VerdictSchema } from "../src/contract/admission.ts";
import { JsonObjectSchema } from "../src/json.ts";
import { CasesSchema } from "../src/testing/case.ts";
import { CniFaultSchema } from "../src/contract/cni-fault.ts";
import { DriverFaultSchema } from "../src/contract/driver-fault.ts";
import { IPAM_METHODS } from "../src/contract/ipam.ts";
import { NETDRIVER_METHODS } from "../src/contract/netdriver-methods.ts";
import { NETWORK_METHODS } from "../src/contract/network.ts";
import { VOLUME_METHODS } from "../src/contract/volume.ts";
import { PROJECT } from "./project.ts";

const FOLDER = "src/contract/schema";

type Schema = Parameters<typeof toJsonSchema>[0];

const SCHEMAS = {
  "admission-request.schema.json": AdmissionRequestSchema,
  "admission-verdict.schema.json": VerdictSchema,
  "cases.schema.json": CasesSchema,
  "manifest.schema.json": ManifestSchema,
};

/** Contracts with several methods: what crosses stands in `$defs`, as `createRequest`, `createAnswer`. */
const CONTRACTS = {
  "ipam.schema.json": { methods: IPAM_METHODS, error: DriverFaultSchema },
  "netdriver.schema.json": { methods: NETDRIVER_METHODS, error: DriverFaultSchema },
  "network.schema.json": { methods: NETWORK_METHODS, error: CniFaultSchema },
  "volume.schema.json": { methods: VOLUME_METHODS, error: DriverFaultSchema },
};

const TITLES: Readonly<Record<string, string>> = {
  "admission-request.schema.json": "Cofferdam admission request, version 1",
  "admission-verdict.schema.json": "Cofferdam admission verdict, version 1",
  "cases.schema.json": "Cofferdam test cases",
  "ipam.schema.json": "Cofferdam ipam contract, version 1",
  "manifest.schema.json": "Cofferdam plugin manifest, version 1",
  "netdriver.schema.json": "Cofferdam netdriver contract, version 1",
  "network.schema.json": "Cofferdam network contract, version 1",
  "volume.schema.json": "Cofferdam volume contract, version 1",
};

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** The schemas as they ought to stand in the tree: file name and text. */
export function renderSchemas(): [string, string][] {
  const bodies = [
    ...Object.entries(SCHEMAS).map(([name, schema]) => [name, jsonSchemaOf(schema)] as const),
    ...Object.entries(CONTRACTS).map(([name, contract]) =>
      [name, { $defs: definitionsOf(contract) }] as const
    ),
  ];
  return bodies.map(([name, body]) => {
    const json = { $schema: DRAFT, title: TITLES[name], ...body };
    return [name, `${JSON.stringify(json, null, 2)}\n`];
  });
}

function jsonSchemaOf(schema: unknown): object {
  const { $schema: _draft, ...body } = toJsonSchema(schema as Schema, {
    target: "draft-2020-12",
    // Checks that JSON Schema cannot say (a JSON Pointer's form) are left to the host.
    errorMode: "ignore",
    typeMode: "output",
    // A check of our own to valibot; JSON Schema has a word for it.
    overrideSchema: ({ valibotSchema }) =>
      (valibotSchema as unknown) === JsonObjectSchema ? { type: "object" } : undefined,
  });
  return body;
}

function definitionsOf(
  { methods, error }: { readonly methods: object; readonly error: unknown },
): object {
  const found = Object.entries(methods as Record<string, Record<"request" | "answer", unknown>>);
  return Object.fromEntries([
    ...found.flatMap(([name, { request, answer }]) => [
      [`${name}Request`, openRequest(jsonSchemaOf(request))],
      [`${name}Answer`, jsonSchemaOf(answer)],
    ]),
    ["error", jsonSchemaOf(error)],
  ]);
}

/** Everything that is wrong, a line each. */
export async function checkSchemas(): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, text] of renderSchemas()) {
    const actual = await readFile(join(PROJECT, FOLDER, name), "utf8").catch(() => "");
    if (actual !== text) faults.push(`${FOLDER}/${name}: is not up to date; run npm run schema`);
  }
  return faults;
}

/** The host writes no other fields; a guest must ignore those of a later one. */
function openRequest(schema: object): object {
  const { additionalProperties: _closed, ...open } = schema as Record<string, unknown>;
  return open;
}

if (process.argv[1]?.includes("schema") && !process.argv.includes("--check")) {
  await mkdir(join(PROJECT, FOLDER), { recursive: true });
  for (const [name, text] of renderSchemas()) await writeFile(join(PROJECT, FOLDER, name), text);
}
