import { formatGithub } from "./github.ts";
import { formatJson } from "./json.ts";
import { formatJunit } from "./junit.ts";
import type { Format } from "./report.ts";
import { formatSarif } from "./sarif.ts";
import { formatTap } from "./tap.ts";
import { formatText } from "./text.ts";

/** The values of `--format`, the default first. */
export const FORMAT_NAMES = ["text", "json", "sarif", "junit", "tap", "github"] as const;

/** One of {@link FORMAT_NAMES}. */
export type FormatName = (typeof FORMAT_NAMES)[number];

/** Every output format by its name. */
export const FORMATS: Readonly<Record<FormatName, Format>> = {
  text: formatText,
  json: formatJson,
  sarif: formatSarif,
  junit: formatJunit,
  tap: formatTap,
  github: formatGithub,
};
