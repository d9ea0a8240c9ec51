import type { TestFormat } from "./test-format.ts";

/** The values of `--format`, the default first. */
export const TEST_FORMAT_NAMES = ["text", "json", "tap", "junit"] as const;

/** One of {@link TEST_FORMAT_NAMES}. */
export type TestFormatName = (typeof TEST_FORMAT_NAMES)[number];

/** Every format of a report of tests; each is loaded when it is asked for. */
export const TEST_FORMATS: Readonly<Record<TestFormatName, () => Promise<TestFormat>>> = {
  text: async () => (await import("./text.ts")).formatText,
  json: async () => (await import("./json.ts")).formatJson,
  tap: async () => (await import("./tap.ts")).formatTap,
  junit: async () => (await import("./junit.ts")).formatJunit,
};
