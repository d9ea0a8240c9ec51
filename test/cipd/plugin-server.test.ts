import { connect } from "node:net";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import * as assert from "uvu/assert";
import { type KeepaliveOptions, PluginServer } from "../../src/cipd/plugin-server.ts";
import { definitionOf, HostClient } from "../../src/cipd/rpc.ts";
import { StatusError } from "../../src/cipd/status.ts";
import {
  type Handshake,
  LIST_ADMISSIONS,
  LIST_METADATA,
  LOG,
  RESOLVE_ADMISSION,
} from "../../src/cipd/wire.ts";
import { HandSession } from "../support/cipd-hand-session.ts";
import { failure } from "../support/cipd-native.ts";
import { inTime } from "../support/in-time.ts";
import { suite } from "../support/suite.ts";
import { until } from "../support/until.ts";

// "(host N)" in a test's name is the number of a behaviour of CIPD's own host; see README.md.

const test = suite("PluginServer", 60_000);

async function withServer(
  use: (server: PluginServer) => Promise<void>,
  options?: KeepaliveOptions,
): Promise<void> {
  const server = new PluginServer(options);
  try {
    await inTime(use(server));
  } finally {
    server.close();
  }
}

async function withClient<T>(
  handshake: Handshake,
  use: (client: HostClient) => Promise<T>,
): Promise<T> {
  const client = new HostClient(handshake);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

const LIST = { protocolVersion: 1, pluginVersion: "test" };

/** What each method of the protocol answers who has this handshake: a code and words. */
function answersTo(handshake: Handshake): Promise<string[]> {
  return withClient(handshake, async (client) => {
    const { code, message } = await client.open(LIST_ADMISSIONS, LIST).ended;
    const answers = [`${code} ${message}`];
    for (
      const call of [
        client.call(RESOLVE_ADMISSION, { admissionId: "x", status: null }),
        client.call(LOG, { severity: "info", message: "let me in" }),
        client.call(LIST_METADATA, {
          serviceUrl: "",
          package: "a",
          instance: null,
          keys: [],
          pageSize: 0,
          pageToken: "",
        }),
      ]
    ) {
      const error = await failure(call);
      answers.push(`${error.code} ${error.message}`);
    }
    return answers;
  });
}

const UNKNOWN = Array.from({ length: 4 }, () => "7 the ticket is not known");

test("a wrong ticket opens none of its methods, nor does one that was forgotten", () =>
  withServer(async (server) => {
    const session = new HandSession();
    const handshake = await server.admit(session);
    for (const ticket of ["another", handshake.ticket.slice(1), `${handshake.ticket}A`]) {
      assert.equal(await answersTo({ ...handshake, ticket }), UNKNOWN, ticket);
    }
    // The right one is let in.
    await withClient(handshake, (client) => client.call(LOG, { severity: "info", message: "hi" }));
    assert.equal(session.heard, ["log hi"]);
    server.forget(handshake);
    assert.equal(await answersTo(handshake), UNKNOWN);
    assert.equal(session.heard, ["log hi"]);
  }));

test("no ticket at all is UNAUTHENTICATED", () =>
  withServer(async (server) => {
    const { port } = await server.admit(new HandSession());
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = definitionOf(LOG);
    const line = { severity: "info", message: "let me in" } as const;
    const error = await new Promise<{ code?: number; details?: string } | null>((resolve) =>
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        line,
        new Metadata(),
        resolve,
      )
    );
    client.close();
    assert.equal([error?.code, error?.details], [16, "no ticket in the request"]);
  }));

test("a ticket opens one plugin's session alone, and is not to be guessed", () =>
  withServer(async (server) => {
    const sessions = [new HandSession(), new HandSession()] as const;
    const [one, two] = [await server.admit(sessions[0]), await server.admit(sessions[1])];
    assert.is(one.port, two.port);
    assert.is.not(one.ticket, two.ticket);
    // 64 bytes, in base64 without its end.
    for (const { ticket } of [one, two]) assert.match(ticket, /^[A-Za-z0-9+/]{86}$/);
    await withClient(two, (client) =>
      client.call(RESOLVE_ADMISSION, {
        admissionId: "of the first",
        status: null,
      }));
    assert.equal([sessions[0].heard, sessions[1].heard], [[], ["resolve of the first"]]);
  }));

test("what a session throws is the call's status, and what is no status is INTERNAL", () =>
  withServer(async (server) => {
    for (
      const [thrown, code] of [[new StatusError(8, "too much"), 8], [new Error("odd"), 13]] as const
    ) {
      const handshake = await server.admit(
        new HandSession(() => {
          throw thrown;
        }),
      );
      const words = `${code} ${thrown.message}`;
      assert.equal(await answersTo(handshake), [words, words, words, words]);
    }
  }));

/** Frames of HTTP/2, as far as this needs them. @see RFC 9113, sections 3.4, 4.1 and 6.7 */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0);
const PING = 6;
const ACK = 1;

/** A client that says nothing, and answers pings or not. */
function silentClient(port: number, answers: boolean) {
  const seen = { pings: 0, ended: false };
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.on("close", () => seen.ended = true);
  socket.write(PREFACE);
  socket.write(SETTINGS);
  let rest = new Uint8Array(0);
  socket.on("data", (chunk: Uint8Array) => {
    rest = Uint8Array.of(...rest, ...chunk);
    while (rest.length >= 9) {
      const end = 9 + (rest[0]! << 16 | rest[1]! << 8 | rest[2]!);
      if (rest.length < end) return;
      const frame = rest.slice(0, end);
      rest = rest.slice(end);
      if (frame[3] !== PING || frame[4] === ACK) continue;
      seen.pings++;
      frame[4] = ACK;
      if (answers) socket.write(frame);
    }
  });
  return { seen, close: () => socket.destroy() };
}

test("it pings a silent plugin, every five seconds as CIPD's own host does", () =>
  withServer(async (server) => {
    const { port } = await server.admit(new HandSession());
    const started = performance.now();
    const client = silentClient(port, true);
    await until(() => client.seen.pings > 0, 30_000);
    // Never earlier; how much later depends on the machine.
    assert.ok(performance.now() - started > 4_900);
    assert.not(client.seen.ended);
    client.close();
  }));

test("a connection whose pings are not answered is ended, and its plugin has left", () =>
  withServer(async (server) => {
    const session = new HandSession();
    const handshake = await server.admit(session);
    const [mute, polite] = [false, true].map((answers) => silentClient(handshake.port, answers));
    await until(() => mute!.seen.ended);
    assert.ok(mute!.seen.pings > 0);
    // One that answers is kept, and so is a plugin of ours, ping for ping.
    await withClient(handshake, async (client) => {
      client.open(LIST_ADMISSIONS, LIST);
      const { pings } = polite!.seen;
      await until(() => polite!.seen.pings >= pings + 3);
      await client.call(LOG, { severity: "info", message: "still here" });
      assert.equal(session.heard, ["list", "log still here"]);
    });
    assert.not(polite!.seen.ended);
    await until(() => session.heard.at(-1) === "disconnected");
    polite!.close();
  }, { pingMs: 100, answerMs: 2_000 }));

test.run();
