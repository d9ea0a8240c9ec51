import type { Environment, Row, Section } from "./report.ts";

const NAME_WIDTH = 46;

/** What stands above the tables. */
export function renderEnvironment(environment: Omit<Environment, "seconds" | "loadAfter">): string {
  const { startedAt, runtime, v8, extism, platform, cpu, cores, loadBefore } = environment;
  return `${startedAt}: ${runtime} (V8 ${v8}), ${extism}
${platform}, ${cpu}, ${cores} cores, load ${loadBefore.toFixed(2)} before the start
`;
}

/** One section as a table in plain text. */
export function renderSection({ part, title, runtime, rows, notes }: Section): string {
  const compares = rows.some((row) => row.ratio !== null);
  const head = ["median", "p99", "samples", ...(compares ? ["ratio", "10-90 %"] : [])];
  return [
    `${part}: ${title} (${runtime})`,
    line("", head, ""),
    ...rows.map((row) => line(row.name, cellsOf(row), aimText(row))),
    ...notes.map((note) => `  ${note}`),
    "",
  ].join("\n");
}

/** What stands below the tables. */
export function renderLegend({ seconds, loadAfter, cores }: Environment): string {
  return `ratio: cofferdam's time over this row's, the median of interleaved rounds; below 1x cofferdam is faster
10-90 %: where the ratios of the middle 80 % of the rounds lie; far apart means a busy machine
p99: the largest where there are fewer than 100 samples; of calls below 20 us, means of batches
took ${seconds.toFixed(0)} s; load at the end ${loadAfter.toFixed(2)} on ${cores} cores`;
}

function line(name: string, cells: readonly string[], end: string): string {
  const columns = cells.map((cell) => ` ${cell.padStart(10)}`).join("");
  return `  ${name.padEnd(NAME_WIDTH)}${columns}  ${end}`.trimEnd();
}

function cellsOf({ unit, median, p99, samples, ratio }: Row): string[] {
  const cells = [
    formatValue(median, unit),
    p99 === null ? "" : formatValue(p99, unit),
    samples.toLocaleString("en"),
  ];
  if (ratio === null) return cells;
  const range = `${digits(ratio.low, 2)}-${digits(ratio.high, 2)}`;
  return [...cells, `${digits(ratio.median, 3)}x`, range];
}

function aimText({ aim }: Row): string {
  if (aim === null) return "";
  return `${aim.met ? "met" : "missed"} (${digits(aim.measured, 3)}): ${aim.text}`;
}

function formatValue(value: number, unit: Row["unit"]): string {
  if (unit !== "ms") return `${digits(value, 3)} ${unit}`;
  if (value < 1) return `${digits(value * 1000, 3)} us`;
  return value < 1000 ? `${digits(value, 3)} ms` : `${digits(value / 1000, 3)} s`;
}

/** Significant digits, without an exponent. */
function digits(value: number, count: number): string {
  return value >= 10 ** (count - 1) ? value.toFixed(0) : String(Number(value.toPrecision(count)));
}
