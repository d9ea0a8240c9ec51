/** Checks that the two manifests, the version in the code and the templates say the same. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TEMPLATE_LANGUAGES } from "../src/cli/template.ts";
import { VERSION } from "../src/version.ts";
import { PROJECT } from "./project.ts";

/** Everything that is wrong, a line each. */
export async function checkManifests(): Promise<string[]> {
  const npm = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  const deno = JSON.parse(await readFile(join(PROJECT, "deno.json"), "utf8"));
  const faults: string[] = [];
  const same = (what: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a) !== JSON.stringify(b)) {
      faults.push(`${what} differs: ${JSON.stringify(a)} and ${JSON.stringify(b)}`);
    }
  };
  same("version of package.json and deno.json", npm.version, deno.version);
  same("version of package.json and src/version.ts", npm.version, VERSION);
  same("license of package.json and deno.json", npm.license, deno.license);
  same("name of package.json and deno.json", npm.name, deno.name.split("/").at(-1));
  same(
    "exports of package.json and deno.json",
    sourceExports(npm.exports),
    denoExports(deno.exports),
  );
  // Dependencies live in package.json only. What Deno has to be told is where we are ourselves.
  same(
    "imports of deno.json and the exports for authors",
    deno.imports,
    Object.fromEntries(
      Object.entries(denoExports(deno.exports)).filter(([name]) => name !== ".")
        .map(([name, path]) => [`${npm.name}${name.slice(1)}`, path]),
    ),
  );
  for (const [name, version] of Object.entries<string>(npm.dependencies)) {
    const exact = name.startsWith("@extism/");
    if (exact === version.startsWith("^")) {
      faults.push(`${name} ${version}: Extism is pinned exactly, everything else with a caret`);
    }
  }
  for (const language of TEMPLATE_LANGUAGES) {
    const path = `wasm-plugins/template/${language}/package.json`;
    const template = JSON.parse(await readFile(join(PROJECT, path), "utf8"));
    for (const [name, version] of Object.entries(template.devDependencies)) {
      const ours = npm.devDependencies[name] ?? version;
      same(`${name} of package.json and ${path}`, ours, version);
    }
  }
  return faults;
}

/** The code among the npm exports, as the sources they are built from. */
function sourceExports(exports: Record<string, string | { default: string }>) {
  return Object.fromEntries(
    Object.entries(exports).flatMap(([name, target]) =>
      typeof target === "string" ? [] : [[
        name,
        target.default.replace("./build/", "./").replace(/\.js$/, ".ts"),
      ]]
    ),
  );
}

function denoExports(exports: string | Record<string, string>) {
  return typeof exports === "string" ? { ".": exports } : exports;
}
