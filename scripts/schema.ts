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
import { PROJECT } from "./project.ts";

const FOLDER = "src/contract/schema";

const SCHEMAS = {
  "admission-request.schema.json": AdmissionRequestSchema,
  "admission-verdict.schema.json": VerdictSchema,
  "cases.schema.json": CasesSchema,
  "manifest.schema.json": ManifestSchema,
};

const TITLES: Readonly<Record<string, string>> = {
  "admission-request.schema.json": "Cofferdam admission request, version 1",
  "admission-verdict.schema.json": "Cofferdam admission verdict, version 1",
  "cases.schema.json": "Cofferdam test cases",
  "manifest.schema.json": "Cofferdam plugin manifest, version 1",
};

/** The schemas as they ought to stand in the tree: file name and text. */
export function renderSchemas(): [string, string][] {
  return Object.entries(SCHEMAS).map(([name, schema]) => {
    const body = toJsonSchema(schema as Parameters<typeof toJsonSchema>[0], {
      target: "draft-2020-12",
      // Checks that JSON Schema cannot say (a JSON Pointer's form) are left to the host.
      errorMode: "ignore",
      typeMode: "output",
      // A check of our own to valibot; JSON Schema has a word for it.
      overrideSchema: ({ valibotSchema }) =>
        (valibotSchema as unknown) === JsonObjectSchema ? { type: "object" } : undefined,
    });
    const { $schema, ...rest } = body;
    const json = { $schema, title: TITLES[name], ...rest };
    return [name, `${JSON.stringify(json, null, 2)}\n`];
  });
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

if (process.argv[1]?.includes("schema") && !process.argv.includes("--check")) {
  await mkdir(join(PROJECT, FOLDER), { recursive: true });
  for (const [name, text] of renderSchemas()) await writeFile(join(PROJECT, FOLDER, name), text);
}
