import type { NetworkAnswers, NetworkMethod } from "../../src/contract/network.ts";
import type { AskOptions } from "../../src/host/ask.ts";
import type { NetworkPlugin } from "../../src/host/network.ts";
import { PluginError } from "../../src/plugin-error.ts";

/** What a fake plugin was asked. */
export interface Asked {
  readonly method: NetworkMethod;
  readonly input: unknown;
}

/** A network plugin that says what it was asked. */
export interface FakeNetwork extends NetworkPlugin {
  readonly asked: Asked[];
}

/** Answers as these do, or with nothing but that it was done; `add` gives an empty result. */
export type FakeAnswers = {
  readonly [Method in NetworkMethod]?: (options: AskOptions) => unknown;
};

/** Makes a plugin that never sees a sandbox. */
export function fakeNetwork(answers: FakeAnswers = {}): FakeNetwork {
  const asked: Asked[] = [];
  const method = <Method extends NetworkMethod>(name: Method) => {
    // deno-lint-ignore require-await -- what a fake throws is a rejection
    return async (input: unknown, options: AskOptions = {}): Promise<NetworkAnswers[Method]> => {
      asked.push({ method: name, input });
      const answer = answers[name]?.(options) ?? (name === "add" ? { cniVersion: "1.0.0" } : {});
      return answer as NetworkAnswers[Method];
    };
  };
  return {
    asked,
    add: method("add"),
    del: method("del"),
    check: method("check"),
    status: method("status"),
    gc: method("gc"),
  };
}

/** Answers that go on until their call is given up, and what is heard of them. */
export interface WaitingAdd {
  readonly answers: FakeAnswers;
  readonly hasBegun: Promise<void>;
  readonly isGivenUp: Promise<void>;
}

/** An ADD that ends only where its call does. */
export function waitingAdd(): WaitingAdd {
  let begin!: () => void;
  let giveUp!: () => void;
  const hasBegun = new Promise<void>((resolve) => begin = resolve);
  const isGivenUp = new Promise<void>((resolve) => giveUp = resolve);
  const add: FakeAnswers["add"] = ({ signal }) => {
    begin();
    return new Promise((_, reject) => {
      signal!.addEventListener("abort", () => {
        giveUp();
        reject(new PluginError("call.aborted", "given up"));
      });
    });
  };
  return { answers: { add }, hasBegun, isGivenUp };
}
