/** Adds lines to a file until the system takes no more, and prints the error. Run with a file-size limit. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openAppendFile } from "../../src/platform/append-file.ts";
import { PluginError } from "../../src/plugin-error.ts";

const folder = mkdtempSync(join(tmpdir(), "cofferdam-test-"));
try {
  const file = openAppendFile(join(folder, "full"));
  for (let index = 0; index < 100; index++) file.append("x".repeat(100));
  process.stdout.write("no error\n");
} catch (error) {
  const { code, message } = PluginError.from(error);
  process.stdout.write(`${code}: ${message}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
