import { checkMethods } from "./answer-of.ts";
import type { EntryPoint } from "./plugin.ts";

/** One thing that is wrong with settings. */
export interface SettingsFault {
  /** JSON Pointer into the settings. */
  readonly path?: string;
  /** For the operator. */
  readonly message: string;
}

/** What a plugin may have besides what its contract wants. */
export interface PluginOptions<Settings> {
  /** Looks for what the schema in `plugin.json` cannot say, when an operator loads the plugin. */
  readonly validateSettings?: (settings: Settings) => readonly SettingsFault[];
}

const OPTIONS = { required: [], optional: ["validateSettings"] };

/**
 * The entry points that options make, none or one.
 *
 * @param what Who is told the options, in words for messages.
 * @throws {TypeError} Where there is an option that there is not.
 */
export function settingsExports<Settings>(
  what: string,
  options: PluginOptions<Settings>,
): Record<string, EntryPoint> {
  checkMethods(`what ${what} is told`, options, OPTIONS);
  const { validateSettings } = options;
  if (validateSettings === undefined) return {};
  return {
    settings_validate: ({ settings }: { readonly settings: Settings }) => {
      const errors = validateSettings(settings);
      return { valid: errors.length === 0, errors };
    },
  };
}
