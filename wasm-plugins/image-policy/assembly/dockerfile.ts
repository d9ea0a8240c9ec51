import { isDigit, lowerCase } from "../../sdk/assembly/ascii";
import { Json } from "../../sdk/assembly/json";
import { quote } from "../../sdk/assembly/verdict";
import { Judge } from "./judge";
import { expandWord, Variables } from "./variable";

/** The base of an image that has none. */
const NO_BASE = "scratch";

/** What the builder says of the platforms; no default in the file counts against it. */
const PLATFORM_ARGUMENTS: StaticArray<string> = [
  "BUILDPLATFORM",
  "BUILDOS",
  "BUILDARCH",
  "BUILDVARIANT",
  "BUILDOSVERSION",
  "TARGETPLATFORM",
  "TARGETOS",
  "TARGETARCH",
  "TARGETVARIANT",
  "TARGETOSVERSION",
  "TARGETSTAGE",
];

/**
 * Judges the images that a Dockerfile builds upon or copies from, and what its commands may reach.
 *
 * @param instructions `[{instruction, flags, arguments, onbuild?}]`, in the order of the file.
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function judgeDockerfile(instructions: Json, judge: Judge): void {
  if (!instructions.isArray) {
    judge.malformed("a list of instructions is wanted, and this is none", instructions);
    return;
  }
  const reader = new DockerfileReader(judge);
  for (let item = instructions.first(); item.exists; item = item.next()) reader.read(item);
  if (!reader.hasStage) judge.malformed("the Dockerfile has no FROM", instructions);
}

class DockerfileReader {
  hasStage: bool = false;
  /** Names of the stages so far; empty for one without. */
  private stages: string[] = [];
  /** The arguments before the first FROM; no others count there. */
  private variables: Variables = new Variables();

  constructor(private readonly judge: Judge) {
    for (let i = 0; i < PLATFORM_ARGUMENTS.length; i++) {
      this.variables.setForeign(PLATFORM_ARGUMENTS[i]);
    }
  }

  read(item: Json): void {
    if (!item.isObject) {
      this.judge.malformed("an instruction is wanted, and this is no object", item);
      return;
    }
    const name = lowerCase(this.judge.requiredText(item, "instruction"));
    const flags = this.judge.object(item, "flags");
    if (name == "from") this.from(item);
    else if (name == "arg" && !this.hasStage) this.argument(item);
    else if (name == "copy") this.copy(flags);
    else if (name == "run") this.run(flags);
    else if (name == "onbuild") {
      if (item.get("onbuild").isObject) this.read(item.get("onbuild"));
      else this.judge.malformed("ONBUILD has no instruction that could be judged", item);
    }
  }

  private from(item: Json): void {
    this.hasStage = true;
    const words = this.judge.array(item, "arguments");
    const base = words.first();
    if (base.str() == "") {
      this.judge.malformed("FROM names no image", item);
    } else {
      const image = expandWord(base.str(), this.variables);
      if (image === null || image == "") this.unknown(base.str(), base);
      else if (image != NO_BASE && !this.isStage(image)) this.judge.image(image, base);
    }
    const as = base.next();
    this.stages.push(lowerCase(as.str()) == "as" ? lowerCase(as.next().str()) : "");
  }

  /** `ARG name[=default]…` */
  private argument(item: Json): void {
    const words = this.judge.array(item, "arguments");
    for (let word = words.first(); word.exists; word = word.next()) {
      const text = this.judge.textOf(word, "ARG");
      const equals = text.indexOf("=");
      const name = equals < 0 ? text : text.slice(0, equals);
      if (this.variables.isForeign(name)) continue;
      // Without a default it has the value of an earlier ARG, or one that only the caller knows.
      if (equals < 0) continue;
      const value = expandWord(text.slice(equals + 1), this.variables);
      if (value === null) this.variables.setForeign(name);
      else this.variables.set(name, value);
    }
  }

  private copy(flags: Json): void {
    const sources = this.judge.array(flags, "from");
    for (let item = sources.first(); item.exists; item = item.next()) {
      this.source(this.judge.textOf(item, "from"), item);
    }
  }

  private run(flags: Json): void {
    const mounts = this.judge.array(flags, "mount");
    for (let item = mounts.first(); item.exists; item = item.next()) {
      const options = this.judge.textOf(item, "mount").split(",");
      for (let i = 0; i < options.length; i++) {
        const option = options[i].split('"').join("").trim();
        if (lowerCase(option).startsWith("from=")) this.source(option.slice(5), item);
      }
    }
    this.option(flags, "network", "host");
    this.option(flags, "security", "insecure");
  }

  /** A flag of RUN that opens the wall around the build. */
  private option(flags: Json, name: string, open: string): void {
    const values = this.judge.array(flags, name);
    for (let item = values.first(); item.exists; item = item.next()) {
      if (this.judge.textOf(item, name) != open) continue;
      const flag = `--${name}=${open}`;
      if (name == "network") this.judge.hostNamespace(flag, item);
      else this.judge.privileged(flag, item);
    }
  }

  /** Where COPY or a mount takes files from: a stage by name or number, else an image. */
  private source(name: string, at: Json): void {
    if (name.indexOf("$") >= 0) this.unknown(name, at);
    else if (!this.isStage(name) && !this.isStageNumber(name)) this.judge.image(name, at);
  }

  private isStage(name: string): bool {
    return name != "" && this.stages.includes(lowerCase(name));
  }

  private isStageNumber(name: string): bool {
    for (let i = 0; i < name.length; i++) {
      if (!isDigit(name.charCodeAt(i))) return false;
    }
    // Nine digits fit into an i32, and nobody has that many stages.
    return name != "" && name.length <= 9 && I32.parseInt(name) < this.stages.length;
  }

  private unknown(text: string, at: Json): void {
    this.judge.cannotTell(
      `what ${
        quote(text)
      } stands for cannot be seen from here; wanted a default before the first FROM`,
      at,
    );
  }
}
