import * as assert from "uvu/assert";
import { HostLog } from "../../src/cipd/host-log.ts";
import type { Call } from "../../src/cipd/host-metadata.ts";
import type { LogRequest } from "../../src/cipd/wire.ts";
import { suite } from "../support/suite.ts";

const test = suite("HostLog", 60_000);

/** A host that takes its time, the less the later it is asked; and refuses "refused". */
function slowHost(): { heard: LogRequest[]; call: Call } {
  const heard: LogRequest[] = [];
  let ms = 20;
  const call = (async (_method: unknown, request: LogRequest) => {
    await new Promise((resolve) => setTimeout(resolve, ms = Math.max(0, ms - 5)));
    if (request.message === "refused") throw new Error("no");
    heard.push(request);
    return {};
  }) as unknown as Call;
  return { heard, call };
}

test("lines arrive in their order, those from before the host was there first", async () => {
  const { heard, call } = slowHost();
  const log = new HostLog();
  log.write("trace", "1");
  log.write("warn", "2");
  log.attach(call);
  log.write("error", "refused");
  log.write("error", "3");
  log.write("info", "4");
  await log.flush();
  assert.equal(heard, [
    { severity: "debug", message: "1" },
    { severity: "warning", message: "2" },
    { severity: "error", message: "3" },
    { severity: "info", message: "4" },
  ]);
});

test("what waits is bounded", async () => {
  const { heard, call } = slowHost();
  const log = new HostLog();
  for (let n = 0; n < 20_000; n++) log.write("info", String(n));
  log.attach(
    (async (method: never, request: never) => {
      await null;
      heard.push(request);
      return await Promise.resolve(method && {});
    }) as unknown as Call,
  );
  await log.flush();
  assert.is(heard.length, 10_000);
  assert.type(call, "function");
});

test.run();
