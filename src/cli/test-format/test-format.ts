import type { TestReport } from "../../testing/report.ts";
import type { FormatContext } from "../format/report.ts";

/** Renders a report of tests; the text ends with a line feed. */
export type TestFormat = (
  report: TestReport,
  context: Pick<FormatContext, "color">,
) => string;
