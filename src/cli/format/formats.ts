import type { Format } from "./report.ts";

/** The values of `--format`, the default first. */
export const FORMAT_NAMES = ["text", "json", "sarif", "junit", "tap", "github"] as const;

/** One of {@link FORMAT_NAMES}. */
export type FormatName = (typeof FORMAT_NAMES)[number];

/** Every output format by its name; each is loaded when it is asked for. */
export const FORMATS: Readonly<Record<FormatName, () => Promise<Format>>> = {
  text: async () => (await import("./text.ts")).formatText,
  json: async () => (await import("./json.ts")).formatJson,
  sarif: async () => (await import("./sarif.ts")).formatSarif,
  junit: async () => (await import("./junit.ts")).formatJunit,
  tap: async () => (await import("./tap.ts")).formatTap,
  github: async () => (await import("./github.ts")).formatGithub,
};
