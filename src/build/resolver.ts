import type * as Esbuild from "esbuild";
import { KIT_PREFIX } from "../bundle/source-map.ts";
import type { ErrorCode } from "../plugin-error.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { packageFolder } from "../platform/package.ts";
import { insteadOf, isBuiltin } from "./builtin-module.ts";

/** What an import that the resolver refuses carries through esbuild. */
export interface Refusal {
  readonly code: ErrorCode;
}

/** The module that holds kit and plugin together: a text of ours, in no file. */
export interface Entry {
  readonly contents: string;
  /** Where its relative imports begin. */
  readonly folder: string;
}

const ENTRY_PATH = "entry";

/** What esbuild knows the {@link Entry} by. */
export const ENTRY_NAME: string = `${KIT_PREFIX}${ENTRY_PATH}`;

const NAMESPACE = KIT_PREFIX.slice(0, -1);
const MAX_SOURCE_BYTES = 1024 * 1024;

/**
 * Resolves what esbuild cannot know: the guest kit, which comes from our own sources on every runtime,
 * so that the same bytes come of it; and what no plugin can import, which is refused with what to use
 * instead.
 */
export function resolver(entry: Entry): Esbuild.Plugin {
  return {
    name: "cofferdam",
    setup: (build) => {
      build.onResolve({ filter: /^cofferdam/ }, ({ path, kind, namespace }) => {
        if (path === "cofferdam/guest") return { path: "guest/mod.ts", namespace: NAMESPACE };
        if (path.startsWith(KIT_PREFIX)) {
          if (kind === "entry-point" || namespace === NAMESPACE) {
            return { path: path.slice(KIT_PREFIX.length), namespace: NAMESPACE };
          }
          return refused(`"${path}" is not for plugins: import "cofferdam/guest"`);
        }
        if (!/^cofferdam(\/|$)/.test(path)) return undefined;
        return refused(`"${path}" is the host's side: a plugin imports "cofferdam/guest"`);
      });
      build.onResolve({ filter: /^\.\.?\//, namespace: NAMESPACE }, ({ path, importer }) => {
        // Its relative imports are the author's.
        if (importer === ENTRY_PATH) return undefined;
        const { pathname } = new URL(path, `file:///${importer}`);
        return { path: pathname.slice(1), namespace: NAMESPACE };
      });
      build.onLoad({ filter: /./, namespace: NAMESPACE }, async ({ path }) => {
        if (path === ENTRY_PATH) return { contents: entry.contents, resolveDir: entry.folder };
        const file = `${packageFolder()}/src/${path}`;
        return { contents: await readFileBounded(file, MAX_SOURCE_BYTES), loader: "ts" };
      });
      build.onResolve({ filter: /^(npm|jsr|https?|data):/ }, ({ path }) =>
        refused(
          `"${path}" cannot be imported: add the package with npm and import it by its name`,
        ));
      build.onResolve({ filter: /./ }, async (args) => {
        if (!isBuiltin(args.path) || args.pluginData === "asked") return undefined;
        if (!args.path.startsWith("node:")) {
          const { importer, kind, namespace, path, resolveDir } = args;
          const options = { importer, kind, namespace, resolveDir, pluginData: "asked" };
          // An npm package may have the name of a builtin: "events", "buffer".
          const found = await build.resolve(path, options);
          if (found.errors.length === 0) return found;
        }
        return refused(
          `"${args.path}" is a module of Node, which a plugin does not have; ${
            insteadOf(args.path)
          }`,
        );
      });
    },
  };
}

function refused(text: string): Esbuild.OnResolveResult {
  const detail: Refusal = { code: "build.import-refused" };
  return { errors: [{ text, detail }] };
}
