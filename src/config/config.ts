import * as v from "valibot";
import { DateOrTimeSchema } from "../date.ts";
import { isJsonObject } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { FilledSchema, type PluginConfig, PluginsSchema } from "./plugin-config.ts";

/** An exception that the operator grants for a time. */
export interface Waiver {
  /** The rule that is excused, as reasons name it. */
  readonly rule: string;
  /** The subject, exactly as a report names it. A judged file chooses that name itself. */
  readonly subject: string;
  /** Only in this input, as a report names it; without it, in any. */
  readonly input?: string | undefined;
  /** Only reasons of this plugin; without it, of every plugin. */
  readonly plugin?: string | undefined;
  /** Why; shown in every report. */
  readonly reason: string;
  /** Last day of the exception (`2027-01-31`, to its end in UTC), or the time when it ends. */
  readonly until: string;
}

/** What a configuration file says. */
export interface Config {
  readonly waivers: readonly Waiver[];
  /** By the names that the plugins' manifests say. */
  readonly plugins: Readonly<Record<string, PluginConfig>>;
}

/** Schema of {@link Config}. Strict: a mistyped field must not silently excuse or forbid. */
const ConfigSchema: v.GenericSchema<unknown, Config> = v.strictObject({
  waivers: v.optional(
    v.array(v.strictObject({
      rule: FilledSchema,
      subject: FilledSchema,
      input: v.exactOptional(FilledSchema),
      plugin: v.exactOptional(FilledSchema),
      reason: FilledSchema,
      until: DateOrTimeSchema,
    })),
    [],
  ),
  plugins: v.optional(PluginsSchema, {}),
});

/**
 * Checks the form of a configuration.
 *
 * @param source Names the file in messages.
 * @throws {PluginError} `config.invalid`, with the path of the offending field
 */
function parseConfig(value: unknown, source: string): Config {
  if (!isJsonObject(value)) {
    throw new PluginError(
      "config.invalid",
      `Cannot use the configuration "${source}": wanted an object with "waivers" or "plugins"`,
    );
  }
  const result = v.safeParse(ConfigSchema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw new PluginError(
    "config.invalid",
    `Cannot use the configuration "${source}": ${path ? `"${path}": ` : ""}${issue.message}`,
    { details: path === null ? {} : { path: `/${path.replaceAll(".", "/")}` } },
  );
}

/**
 * Reads a configuration's bytes: YAML, JSON or TOML. An empty one says nothing, like `{}`.
 *
 * @throws {PluginError} `config.invalid`
 */
export async function readConfig(bytes: Uint8Array, source: string): Promise<Config> {
  const { parseValue } = await import("../document/parse-value.ts");
  try {
    const value = await parseValue(bytes, source);
    return parseConfig(value ?? {}, source);
  } catch (cause) {
    const { code, message, details } = PluginError.from(cause);
    if (code === "config.invalid") throw cause;
    throw new PluginError("config.invalid", message, { details, cause });
  }
}
