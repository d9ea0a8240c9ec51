/** Posts to the port of 127.0.0.1 that is its argument, and prints the answer. */
import process from "node:process";
import { HttpClient } from "../../src/platform/http-client.ts";

const client = new HttpClient(
  { host: "127.0.0.1", port: Number(process.argv[2]) },
  { idleMs: 60_000, connectMs: 10_000 },
);
const { body } = await client.post({
  path: "/",
  headers: {},
  body: new Uint8Array(),
  signal: new AbortController().signal,
});
const decoder = new TextDecoder();
for await (const chunk of body) process.stdout.write(decoder.decode(chunk, { stream: true }));
