import type { JsonObject } from "../../json.ts";
import type { PluginError } from "../../plugin-error.ts";
import { setMember } from "../own-member.ts";
import { quote, type SourceText } from "../source-text.ts";
import type { Tree } from "../tree.ts";
import { DockerfileLines, type LogicalLine } from "./dockerfile-line.ts";
import {
  readHeredocWord,
  skipSpace,
  splitAtSpace,
  splitWords,
  takeFlags,
  type Word,
} from "./dockerfile-word.ts";

/** How the text behind an instruction's keyword and flags is split. */
type Form = "words" | "spaces" | "whole" | "pairs" | "words-or-json" | "spaces-or-json";

const FORMS: { readonly [instruction: string]: Form | "healthcheck" | "onbuild" } = {
  ADD: "spaces-or-json",
  ARG: "words",
  CMD: "words-or-json",
  COPY: "spaces-or-json",
  ENTRYPOINT: "words-or-json",
  ENV: "pairs",
  EXPOSE: "spaces",
  FROM: "spaces",
  HEALTHCHECK: "healthcheck",
  LABEL: "pairs",
  MAINTAINER: "whole",
  ONBUILD: "onbuild",
  RUN: "words-or-json",
  SHELL: "words-or-json",
  STOPSIGNAL: "whole",
  USER: "whole",
  VOLUME: "spaces-or-json",
  WORKDIR: "whole",
};
const TAKES_HEREDOC = new Set(["ADD", "COPY", "RUN"]);
const NOT_A_TRIGGER = new Set(["ONBUILD", "FROM", "MAINTAINER"]);

/**
 * Parses a Dockerfile into the list of its instructions, each
 * `{instruction, flags, arguments, value, json, heredocs, onbuild?}`: the keyword in upper case; each
 * flag's values in a list; the words as written, or the elements of the JSON form; all that follows
 * the keyword, on one line; whether the JSON form was used; the bodies of here-documents.
 *
 * BuildKit's parser is the model, step by step, since it decides what is built.
 *
 * @returns undefined where the file holds no instruction
 * @throws {PluginError} `document.malformed`
 * @see BuildKit, frontend/dockerfile/parser
 */
export function parseDockerfile(source: SourceText): Tree | undefined {
  const lines = new DockerfileLines(source);
  const places = new Map<string, number>();
  const instructions: JsonObject[] = [];
  let hasStage = false;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const reader = new InstructionReader(source, lines, line, places);
    const instruction = reader.read(skipSpace(line.text, 0), String(instructions.length));
    const keyword = instruction["instruction"];
    hasStage ||= keyword === "FROM";
    if (!hasStage && keyword !== "ARG") {
      throw reader.fault(`${keyword} stands before the first FROM`);
    }
    instructions.push(instruction);
  }
  if (instructions.length === 0) return undefined;
  if (!hasStage) {
    throw source.fault("document.malformed", "Parsing the Dockerfile failed: it has no FROM", 0);
  }
  return {
    value: instructions,
    facts: lines.directives,
    locate: (tokens) => {
      for (let length = tokens.length; length > 0; length--) {
        const start = places.get(tokens.slice(0, length).join("/"));
        if (start !== undefined) return { start, value: start, end: start };
      }
      const start = places.get("0")!;
      return { start, value: start, end: source.text.length };
    },
  };
}

class InstructionReader {
  readonly #source: SourceText;
  readonly #lines: DockerfileLines;
  readonly #line: LogicalLine;
  readonly #places: Map<string, number>;

  constructor(
    source: SourceText,
    lines: DockerfileLines,
    line: LogicalLine,
    places: Map<string, number>,
  ) {
    this.#source = source;
    this.#lines = lines;
    this.#line = line;
    this.#places = places;
  }

  /** Reads the instruction whose keyword begins at `start`; `path` is its pointer's steps. */
  read(start: number, path: string): JsonObject {
    const text = this.#line.text.trimEnd();
    const written = keywordAt(text, start);
    const keyword = written.toUpperCase();
    const form = Object.hasOwn(FORMS, keyword) ? FORMS[keyword] : undefined;
    if (form === undefined) throw this.fault(`${quote(written)} is no instruction`, start);
    this.#place(path, start);

    const behind = skipSpace(text, start + written.length);
    const { flags, rest } = takeFlags(text, behind);
    const flagValues: JsonObject = {};
    for (const flag of flags) {
      const values = Object.hasOwn(flagValues, flag.name) ? flagValues[flag.name] as string[] : [];
      if (values.length === 0) this.#place(`${path}/flags/${flag.name}`, flag.index);
      setMember(flagValues, flag.name, [...values, flag.value]);
    }
    const instruction: JsonObject = {
      instruction: keyword,
      flags: flagValues,
      arguments: [],
      value: text.slice(behind),
      json: false,
      heredocs: [],
    };
    if (form === "onbuild") this.#readTrigger(instruction, rest, path);
    else if (form === "healthcheck") this.#readHealthcheck(instruction, rest, path);
    else this.#readArguments(instruction, form, rest, path);
    this.#check(instruction, start);
    if (TAKES_HEREDOC.has(keyword) && instruction["json"] === false) {
      instruction["heredocs"] = this.#readHeredocs(text, start);
    }
    return instruction;
  }

  fault(what: string, index: number = 0): PluginError {
    return this.#source.fault(
      "document.malformed",
      `Parsing the Dockerfile failed: ${what}`,
      this.#line.offsetAt(index),
    );
  }

  #readTrigger(instruction: JsonObject, rest: number, path: string): void {
    // Before the trigger is read, or a line of nothing but ONBUILD would be as many calls deep.
    const keyword = keywordAt(this.#line.text, rest).toUpperCase();
    if (NOT_A_TRIGGER.has(keyword)) throw this.fault(`ONBUILD takes no ${keyword}`, rest);
    instruction["onbuild"] = this.read(rest, `${path}/onbuild`);
  }

  #readHealthcheck(instruction: JsonObject, rest: number, path: string): void {
    const [type] = splitAtSpace(this.#line.text.trimEnd(), rest);
    if (type === undefined || !/^(?:CMD|NONE)$/i.test(type.text)) {
      throw this.fault("HEALTHCHECK wants CMD or NONE", rest);
    }
    const behind = skipSpace(this.#line.text, rest + type.text.length);
    this.#readArguments(instruction, "words-or-json", behind, path, [type]);
  }

  #readArguments(
    instruction: JsonObject,
    form: Form,
    rest: number,
    path: string,
    before: readonly Word[] = [],
  ): void {
    const text = this.#line.text.trimEnd();
    let words = form.endsWith("-or-json") ? this.#readJson(text, rest) : undefined;
    if (words !== undefined) instruction["json"] = true;
    else if (form.startsWith("spaces")) words = splitAtSpace(text, rest);
    else if (form === "whole") {
      words = rest < text.length ? [{ text: text.slice(rest), index: rest }] : [];
    } else words = splitWords(text, rest, this.#lines.escape);
    if (form === "pairs") words = this.#readPairs(text, rest, words);
    const all = [...before, ...words];
    for (const [index, word] of all.entries()) {
      this.#place(`${path}/arguments/${index}`, word.index);
    }
    instruction["arguments"] = all.map((word) => word.text);
  }

  /** The JSON form, where the text is a JSON array of strings; any other array is an error. */
  #readJson(text: string, rest: number): Word[] | undefined {
    if (text[rest] !== "[") return undefined;
    let elements: unknown;
    try {
      elements = JSON.parse(text.slice(rest));
    } catch {
      return undefined; // The shell's own `[`, or a slip that the builder runs through a shell too.
    }
    const strings = text.slice(rest).matchAll(/"(?:[^"\\]|\\.)*"/g);
    return (elements as unknown[]).map((element) => {
      if (typeof element !== "string" || /\p{Surrogate}/u.test(element)) {
        throw this.fault("the JSON form wants an array of strings", rest);
      }
      return { text: element, index: rest + strings.next().value!.index };
    });
  }

  /** `name=value name=value`, or the old `name the whole rest`. */
  #readPairs(text: string, rest: number, words: Word[]): Word[] {
    const [first] = words;
    if (first === undefined) throw this.fault("a name and a value are wanted", rest);
    if (first.text.includes("=")) {
      const odd = words.find((word) => !word.text.includes("="));
      if (odd !== undefined) throw this.fault(`${quote(odd.text)} is not "name=value"`, odd.index);
      return words;
    }
    const [name] = splitAtSpace(text, rest);
    const index = skipSpace(text, rest + name!.text.length);
    if (index >= text.length) throw this.fault(`${quote(name!.text)} has no value`, rest);
    return [name!, { text: text.slice(index), index }];
  }

  #check(instruction: JsonObject, start: number): void {
    const words = instruction["arguments"] as string[];
    const count = words.length;
    if (instruction["instruction"] === "FROM") {
      if (count === 1 || (count === 3 && /^as$/i.test(words[1]!))) return;
      throw this.fault("FROM wants an image, or an image AS a name", start);
    }
    if (count === 0 && !/^(?:CMD|ENTRYPOINT|ONBUILD)$/.test(String(instruction["instruction"]))) {
      throw this.fault(`${instruction["instruction"]} has no arguments`, start);
    }
  }

  #readHeredocs(text: string, start: number): string[] {
    const bodies: string[] = [];
    if (!text.includes("<<")) return bodies;
    for (const word of splitWords(text, start, this.#lines.escape)) {
      const heredoc = readHeredocWord(word.text, this.#lines.escape);
      if (heredoc === undefined) continue;
      const body = this.#lines.readHeredoc(heredoc.name, heredoc.stripsTabs);
      if (body === undefined) {
        throw this.fault(`no line ends the here-document ${quote(heredoc.name)}`, word.index);
      }
      bodies.push(body);
    }
    return bodies;
  }

  #place(path: string, index: number): void {
    this.#places.set(path, this.#line.offsetAt(index));
  }
}

function keywordAt(text: string, start: number): string {
  return /^[^\t\v\f\r ]+/.exec(text.slice(start))?.[0] ?? "";
}
