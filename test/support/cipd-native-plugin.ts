/**
 * A native plugin for CIPD's host, as a program: speaks the protocol and does what its first argument
 * says. Admits packages below `good/`, denies `bad/`, fails with PERMISSION_DENIED on `odd/`, asks for
 * metadata on `meta/` and of another service on `elsewhere/`, tells its process on `pid/` and the whole
 * question on `question/`, crashes on `crash/`, ends with 0 on `exit/`, says nothing on `mute/`.
 */
import process from "node:process";
import { HostClient } from "../../src/cipd/rpc.ts";
import {
  LIST_ADMISSIONS,
  LIST_METADATA,
  LOG,
  parseHandshake,
  RESOLVE_ADMISSION,
  type RpcStatus,
} from "../../src/cipd/wire.ts";
import { openStandardInput } from "../../src/platform/stdin.ts";

const mode = process.argv[2];
// Whoever forgets it shall not have it for ever.
setTimeout(() => process.exit(6), 60_000);
if (mode === "crash-at-start") process.exit(3);
const stdin = openStandardInput(4_096);
const handshake = parseHandshake((await stdin.firstLine)!)!;
if (mode === "never-connects") {
  console.log(`started ${process.pid}`);
  await stdin.ended;
  process.exit(0);
}
if (mode !== "stuck") void stdin.ended.then(() => process.exit(0));

const ticket = mode === "wrong-ticket" ? "another" : handshake.ticket;
const client = new HostClient({ ...handshake, ticket });
const stream = client.open(LIST_ADMISSIONS, {
  protocolVersion: mode === "wrong-version" ? 2 : 1,
  pluginVersion: "test",
});
if (mode === "twice") {
  const second = await client.open(LIST_ADMISSIONS, { protocolVersion: 1, pluginVersion: "test" })
    .ended;
  await client.call(LOG, { severity: "info", message: `second: ${second.code} ${second.message}` });
}
if (mode === "logs") {
  for (const severity of ["info", "warning", "error", "odd" as "info", "debug"] as const) {
    await client.call(LOG, { severity, message: `${severity} line` });
  }
  console.log("printed");
}
if (mode === "leaves" || mode === "leaves-and-ends") setTimeout(() => stream.cancel(), 200);
if (mode === "leaves-and-ends") setTimeout(() => process.exit(7), 400);

async function judge(name: string, serviceUrl: string, instance: never): Promise<RpcStatus | null> {
  if (name.startsWith("good/")) return null;
  if (name.startsWith("bad/")) return { code: 9, message: `"${name}" is bad` };
  if (name.startsWith("odd/")) return { code: 7, message: "no rights" };
  if (name.startsWith("pid/")) return { code: 9, message: String(process.pid) };
  if (name.startsWith("elsewhere/")) serviceUrl = "https://elsewhere.example";
  const keys: string[] = [];
  let pageToken = "";
  do {
    const request = { serviceUrl, package: name, instance, keys: ["k"], pageSize: 7, pageToken };
    const page = await client.call(LIST_METADATA, request);
    keys.push(...page.metadata.map((one) => new TextDecoder().decode(one.value)));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return { code: 9, message: keys.join() };
}

for await (const question of stream.messages) {
  const { admissionId, package: name, serviceUrl, instance } = question;
  if (name.startsWith("crash/")) process.exit(2);
  if (name.startsWith("exit/")) process.exit(0);
  if (name.startsWith("mute/")) continue;
  if (name.startsWith("question/")) {
    const status = { code: 9, message: JSON.stringify(question) };
    void client.call(RESOLVE_ADMISSION, { admissionId, status });
    continue;
  }
  void judge(name, serviceUrl, instance as never)
    .catch(({ code, details }): RpcStatus => ({ code, message: details }))
    .then((status) => client.call(RESOLVE_ADMISSION, { admissionId, status }))
    .catch(() => {});
}
