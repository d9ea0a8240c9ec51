import * as v from "valibot";
import { byName, COMMAND_NAME, PLUGIN_NAME } from "../by-name.ts";
import { DigestSchema } from "../digest.ts";
import { isJsonObject, type JsonObject, JsonObjectSchema, type JsonValue } from "../json.ts";
import { strictObject } from "../strict-object.ts";

/** What a configuration grants a plugin. Paths are from the configuration's folder. */
export interface GrantsConfig {
  /** A key-value store; needs `instance`. */
  readonly state?: {
    /** The default is the user's state folder. */
    readonly folder?: string;
    readonly maxBytes?: number;
    readonly maxKeys?: number;
    readonly maxKeyBytes?: number;
    readonly maxValueBytes?: number;
    readonly writesPerSecond?: number;
  };
  /** The children of one folder. */
  readonly directory?: {
    readonly root: string;
    readonly maxBytes?: number;
    readonly maxEntries?: number;
  };
  /** The streams that a caller hands over. */
  readonly blob?: {
    readonly maxReadBytes?: number;
    readonly maxWriteBytes?: number;
  };
  /** What a file (JSON, YAML, TOML) or a CIPD service says about packages; else a bridge's client. */
  readonly metadata?: {
    readonly file?: string;
    readonly url?: string;
    /** The one service that may be asked about. */
    readonly service?: string;
    readonly packagePrefixes?: readonly string[];
    readonly keys?: readonly string[];
    readonly maxPages?: number;
  };
  /** CNI plugins that may be run, looked for in `folders`. */
  readonly delegate?: {
    readonly types: readonly string[];
    readonly folders?: readonly string[];
    /** `sha256:<hex>` by type. */
    readonly digests?: Readonly<Record<string, string>>;
    /** Folders of the network namespaces that calls may reach which name none of their own: GC. */
    readonly netns?: readonly string[];
    /** Their PATH. */
    readonly path?: string;
    readonly timeoutMs?: number;
    readonly maxOutputBytes?: number;
  };
}

/** What a configuration says of one plugin. All of it is optional. */
export interface PluginConfig {
  /** The plugin's file, from the configuration's folder. */
  readonly path?: string | undefined;
  /** `sha256:<hex>` that it must have. */
  readonly digest?: string | undefined;
  /** Where the command line names no others. */
  readonly settings?: JsonValue | undefined;
  /** The name to which what the plugin keeps belongs. */
  readonly instance?: string | undefined;
  readonly grants?: GrantsConfig | undefined;
  /** What `exec` may run, by the name that the plugin says. Each is checked when it is opened. */
  readonly commands?: Readonly<Record<string, JsonObject>> | undefined;
  /** Bounds; smaller ones in the manifest count. */
  readonly limits?: {
    readonly fuel?: number | undefined;
    readonly timeoutMs?: number | undefined;
    readonly memoryPages?: number | undefined;
  } | undefined;
}

/** Text that says something. */
export const FilledSchema: v.GenericSchema<unknown, string> = v.pipe(v.string(), v.nonEmpty());
const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));
const bytes = whole(Number.MAX_SAFE_INTEGER);

/** Schema of {@link PluginConfig}. */
export const PluginConfigSchema: v.GenericSchema<unknown, PluginConfig> = strictObject({
  path: v.exactOptional(FilledSchema),
  digest: v.exactOptional(DigestSchema),
  settings: v.exactOptional(v.unknown() as v.GenericSchema<unknown, JsonValue>),
  instance: v.exactOptional(FilledSchema),
  grants: v.exactOptional(strictObject({
    state: v.exactOptional(strictObject({
      folder: v.exactOptional(FilledSchema),
      maxBytes: v.exactOptional(bytes),
      maxKeys: v.exactOptional(bytes),
      maxKeyBytes: v.exactOptional(bytes),
      maxValueBytes: v.exactOptional(bytes),
      writesPerSecond: v.exactOptional(bytes),
    })),
    directory: v.exactOptional(
      strictObject({
        root: FilledSchema,
        maxBytes: v.exactOptional(bytes),
        maxEntries: v.exactOptional(bytes),
      }),
    ),
    blob: v.exactOptional(strictObject({
      maxReadBytes: v.exactOptional(bytes),
      maxWriteBytes: v.exactOptional(bytes),
    })),
    metadata: v.exactOptional(strictObject({
      file: v.exactOptional(FilledSchema),
      url: v.exactOptional(v.pipe(v.string(), v.regex(/^https?:\/\//, "Invalid URL"), v.url())),
      service: v.exactOptional(FilledSchema),
      packagePrefixes: v.exactOptional(v.array(FilledSchema)),
      keys: v.exactOptional(v.array(FilledSchema)),
      maxPages: v.exactOptional(bytes),
    })),
    delegate: v.exactOptional(strictObject({
      types: v.pipe(v.array(FilledSchema), v.nonEmpty()),
      folders: v.exactOptional(v.pipe(v.array(FilledSchema), v.nonEmpty())),
      digests: v.exactOptional(
        byName({ pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/, wanted: "a type" }, DigestSchema),
      ),
      netns: v.exactOptional(v.array(FilledSchema)),
      path: v.exactOptional(FilledSchema),
      timeoutMs: v.exactOptional(whole(2 ** 31 - 1)),
      maxOutputBytes: v.exactOptional(bytes),
    })),
  })),
  commands: v.exactOptional(byName(COMMAND_NAME, JsonObjectSchema)),
  limits: v.exactOptional(strictObject({
    fuel: v.exactOptional(bytes),
    timeoutMs: v.exactOptional(whole(2 ** 31 - 1)),
    memoryPages: v.exactOptional(whole(65_536)),
  })),
});

/** Schema of a configuration's `plugins`, by the names that the plugins' manifests say. */
export const PluginsSchema: v.GenericSchema<unknown, Record<string, PluginConfig>> = byName(
  PLUGIN_NAME,
  PluginConfigSchema,
);

/** What is said of the plugin `name`; undefined where nothing is. */
export function pluginConfig(
  plugins: Readonly<Record<string, PluginConfig>>,
  name: string,
): PluginConfig | undefined {
  return Object.hasOwn(plugins, name) ? plugins[name] : undefined;
}

/** Whether what is said of a plugin lets it touch anything. */
export function grantsAnything({ grants, commands }: PluginConfig): boolean {
  return [grants, commands].some((item) => isJsonObject(item) && Object.keys(item).length > 0);
}
