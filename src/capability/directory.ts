import * as v from "valibot";
import type { JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { resolvePath } from "../platform/file-system.ts";
import { holdFolder } from "../platform/held-folder.ts";
import { refuseForeignWriters } from "../platform/private-folder.ts";
import { PluginError } from "../plugin-error.ts";
import { jsonFunction } from "./answer.ts";
import { CHILD_NAME, Children, type DirectoryGrant } from "./directory-children.ts";
import { FUNCTION_NAMES } from "./function-names.ts";
import { boundSchema, checkGrant, NameSchema } from "./grant.ts";
import type { Capability, HostCall, HostFunction, OpenedCapability } from "./host-function.ts";
import { withinCall } from "./within-call.ts";

const GrantSchema: v.GenericSchema<unknown, DirectoryGrant> = v.strictObject({
  root: NameSchema,
  maxBytes: v.exactOptional(boundSchema()),
  maxEntries: v.exactOptional(boundSchema()),
});

/** The children of one folder: `directory_create`, `_list`, `_stat`, `_remove`, `_path`. */
export const directory: Capability<DirectoryGrant> = {
  name: "directory",
  functions: FUNCTION_NAMES.directory,
  open: async (wanted): Promise<OpenedCapability> => {
    const grant = checkGrant("directory", GrantSchema, wanted);
    const path = await resolvePath(grant.root);
    const root = path === undefined ? undefined : await holdFolder(path);
    if (path === undefined || root === undefined) {
      throw new PluginError(
        "config.invalid",
        `Cannot grant "directory": there is no folder "${grant.root}"`,
      );
    }
    try {
      await refuseForeignWriters(path);
    } catch (error) {
      await root.close();
      throw error;
    }
    const children = new Children(grant, path, root);
    return directoryOver(children);
  },
};

/** Children of a folder, wherever they are. */
export type DirectoryStore = Pick<
  Children,
  "create" | "list" | "stat" | "remove" | "path" | "close"
>;

/** The functions over the children of a folder. */
export function directoryOver(children: DirectoryStore): OpenedCapability {
  return { functions: functionsOf(children), close: () => children.close() };
}

const ChildName: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  // Not the text itself: it may be a megabyte, or hold what a terminal obeys.
  v.check(
    (name) => CHILD_NAME.test(name),
    `Invalid name: wanted 1 to 255 letters, digits, "_", "." and "-", the first a letter or digit`,
  ),
);

const NameRequest = v.strictObject({ name: ChildName });

const StatRequest = v.strictObject({
  name: ChildName,
  measure: v.exactOptional(v.boolean(), true),
});

const ListRequest = v.strictObject({
  after: v.exactOptional(ChildName),
  limit: v.exactOptional(boundSchema(LIMITS.pageNames), LIMITS.pageNames),
});

function functionsOf(children: DirectoryStore): HostFunction[] {
  return [
    within(
      "directory_create",
      NameRequest,
      ({ name }, { signal }) => children.create(name, signal),
    ),
    within(
      "directory_list",
      ListRequest,
      ({ after, limit }, { signal }) => children.list(after, limit, signal),
    ),
    within(
      "directory_stat",
      StatRequest,
      ({ name, measure }, { signal }) => children.stat(name, measure, signal),
    ),
    within(
      "directory_remove",
      NameRequest,
      ({ name }, { signal, report }) =>
        children.remove(name, signal, (cause) => report?.("directory_remove", cause)),
    ),
    within("directory_path", NameRequest, ({ name }) => children.path(name)),
  ];
}

/** A function whose work ends with its call. */
function within<Request>(
  name: string,
  schema: v.GenericSchema<unknown, Request>,
  work: (request: Request, call: HostCall) => Promise<JsonValue>,
): HostFunction {
  return jsonFunction(
    "directory",
    name,
    schema,
    (request, call) => withinCall(name, call, () => work(request, call)),
  );
}
