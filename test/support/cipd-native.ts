import process from "node:process";
import * as assert from "uvu/assert";
import type { MetadataProvider } from "../../src/capability/metadata-provider.ts";
import type { AdmissionPlugin } from "../../src/cipd/admission-plugin.ts";
import { CipdHost } from "../../src/cipd/cipd-host.ts";
import type { CommandSource } from "../../src/cipd/native-checker.ts";
import type { Pin } from "../../src/cipd/pin.ts";
import type { CipdLogLine } from "../../src/cipd/plugin-process.ts";
import { createHost } from "../../src/host/host.ts";
import { IID } from "./cipd-fake-host.ts";
import { inTime } from "./in-time.ts";
import { projectPath } from "./paths.ts";

/** The command of a native plugin of ours that does what `mode` says; see `cipd-native-plugin.ts`. */
export function nativePlugin(mode = "good"): string[] {
  const name = "cipd-native-plugin";
  return "Deno" in globalThis
    ? [
      process.execPath,
      "run",
      "-A",
      "--no-check",
      projectPath("test", "support", `${name}.ts`),
      mode,
    ]
    : [process.execPath, projectPath("build", "test", "support", `${name}.js`), mode];
}

export const pin = (name: string): Pin => ({ package: name, instanceId: IID });

/** What a promise is rejected with. */
export const failure = (
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; details: unknown }> =>
  promise.then(() => assert.unreachable(), (error) => error);

/** The process of a native plugin of ours that judges. */
export async function pidOf(plugin: AdmissionPlugin): Promise<number> {
  return Number((await plugin.checkAdmission(pin("pid/a"))).message);
}

/** Whether there is such a process. */
export function isRunning(pid: number): boolean {
  assert.ok(Number.isInteger(pid) && pid > 1, `${pid} is no process`);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    assert.is((error as { code: string }).code, "ESRCH");
    return false;
  }
}

/** What a test of native plugins uses. */
export interface NativeFixture {
  readonly cipd: CipdHost;
  readonly lines: CipdLogLine[];
  launch(mode?: string, more?: Partial<CommandSource>): AdmissionPlugin;
}

/** A host of native plugins, and what it hears; it is closed behind `use`. */
export async function withCipdHost(
  use: (fixture: NativeFixture) => Promise<void>,
  repository?: MetadataProvider,
  serviceUrl = "https://example.com",
): Promise<void> {
  const lines: CipdLogLine[] = [];
  await using host = await createHost();
  const onLog = (line: CipdLogLine) => void lines.push(line);
  await using cipd = new CipdHost({ host, serviceUrl, repository, onLog });
  const launch: NativeFixture["launch"] = (mode, more) =>
    cipd.newAdmissionPlugin({ command: nativePlugin(mode), ...more });
  await inTime(use({ cipd, lines, launch }));
}
