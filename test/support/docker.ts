import { request as httpRequest } from "node:http";
import type { Reason } from "../../src/contract/admission.ts";
import type { Document } from "../../src/document/document.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import type { AskOptions } from "../../src/host/ask.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import type { DockerHandler } from "../../src/docker/handler.ts";
import type { JsonObject } from "../../src/json.ts";

/** What a handler answered. */
export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

/** Calls a handler as Docker does: an object with a line feed behind it, or bytes as they are. */
export async function callDocker(
  handler: DockerHandler,
  method: string,
  body: object | string = "",
  signal?: AbortSignal,
): Promise<Answer> {
  const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  const { status, body: bytes } = await handler.call(method, new TextEncoder().encode(text), {
    signal,
  });
  return { status, body: JSON.parse(new TextDecoder().decode(bytes)) };
}

/** A driver's answers by method, or what makes one of its input. */
export type Answers = Readonly<
  Record<string, unknown | ((input: JsonObject, options: AskOptions) => unknown)>
>;

/** A driver without a sandbox, and what it was asked. */
export interface FakeDriver {
  readonly plugin: Plugin;
  readonly asked: [method: string, input: JsonObject][];
}

/** A plugin with one driver that answers what stands in a table; any other method is a test's mistake. */
export function fakeDriver(
  contract: "volume" | "netdriver" | "ipam",
  answers: Answers,
): FakeDriver {
  const asked: [string, JsonObject][] = [];
  const driver = new Proxy({}, {
    get: (_, method: string) => async (...args: unknown[]) => {
      // What is asked nothing has no input.
      const [input, options] = args.length > 1 ? args : [{}, ...args];
      asked.push([method, input as JsonObject]);
      if (!(method in answers)) throw new Error(`nothing was said of ${method}`);
      const answer = answers[method];
      return await (typeof answer === "function" ? answer(input, options) : answer);
    },
  });
  const manifest = { name: `fake-${contract}`, implements: [{ contract, version: 1 }] };
  const admission = { judges: () => false };
  return { plugin: { manifest, admission, [contract]: driver } as unknown as Plugin, asked };
}

/** A policy without a sandbox, and what it was asked about. */
export interface FakePolicy {
  readonly plugin: Plugin;
  readonly documents: Document[];
}

/** A plugin that judges calls of Docker's API: denies for these reasons, or allows where there is none. */
export function fakePolicy(
  kinds: readonly DocumentKind[],
  judge: (document: Document) => readonly Reason[] | Promise<readonly Reason[]> = () => [],
): FakePolicy {
  const documents: Document[] = [];
  const admission: Plugin["admission"] = {
    judges: ({ kind }) => kinds.includes(kind),
    check: async (document) => {
      documents.push(document);
      const reasons = await judge(document);
      return { allowed: !reasons.some(({ severity }) => severity === "error"), reasons };
    },
  };
  const manifest = {
    name: "fake-policy",
    implements: [{ contract: "admission", version: 1, kinds }],
  };
  return { plugin: { manifest, admission } as unknown as Plugin, documents };
}

/** What a plugin's socket answers, as Docker asks it. */
export function askSocket(
  socketPath: string,
  method: string,
  body: object | string = "",
): Promise<Answer> {
  const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  return new Promise((resolve, reject) => {
    const options = {
      socketPath,
      method: "POST",
      path: `/${method}`,
      agent: false as const,
      headers: {
        "Host": "",
        "User-Agent": "Go-http-client/1.1",
        "Content-Length": new TextEncoder().encode(text).length,
        "Accept": "application/vnd.docker.plugins.v1.2+json",
      },
    };
    const request = httpRequest(options, (response) => {
      let answer = "";
      response.on("data", (chunk) => answer += chunk);
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode!, body: JSON.parse(answer) });
      });
    });
    request.on("error", reject);
    request.end(text);
  });
}
