import { isDigit, lowerCase } from "cofferdam/assembly/ascii";
import { Json } from "cofferdam/assembly/json";
import { quote } from "cofferdam/assembly/verdict";
import { judgeFrontend, readsHeredocs } from "./dockerfile-frontend";
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
 * @param instructions `[{instruction, flags, arguments, heredocs?, onbuild?}]`, in the file's order.
 * @param annotations `{directives?: {syntax?}}`: the image that reads the file.
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function judgeDockerfile(instructions: Json, annotations: Json, judge: Judge): void {
  if (!instructions.isArray) {
    judge.malformed("a list of instructions is wanted, and this is none", instructions);
    return;
  }
  const frontend = annotations.get("directives").get("syntax").str();
  judgeFrontend(frontend, instructions, judge);
  const reader = new DockerfileReader(judge, readsHeredocs(frontend));
  for (let item = instructions.first(); item.exists; item = item.next()) reader.addStage(item);
  for (let item = instructions.first(); item.exists; item = item.next()) reader.read(item);
  if (!reader.hasBase) judge.malformed("the Dockerfile has no FROM", instructions);
}

class DockerfileReader {
  /** Whether a FROM was read. */
  hasBase: bool = false;
  /** Names of all stages, empty for one without: files may be copied from one further down. */
  private readonly stages: string[] = [];
  /** How many of them were read so far. Only those can be built upon. */
  private position: i32 = 0;
  /** A trigger runs in the build of another file, which has stages of its own. */
  private isTrigger: bool = false;
  /** The arguments before the first FROM; no others count there. */
  private variables: Variables = new Variables();

  constructor(private readonly judge: Judge, private readonly hasHeredocs: bool) {
    for (let i = 0; i < PLATFORM_ARGUMENTS.length; i++) {
      this.variables.setForeign(PLATFORM_ARGUMENTS[i]);
    }
  }

  addStage(item: Json): void {
    if (lowerCase(item.get("instruction").str()) != "from") return;
    const as = item.get("arguments").first().next();
    this.stages.push(lowerCase(as.str()) == "as" ? lowerCase(as.next().str()) : "");
  }

  read(item: Json): void {
    if (!item.isObject) {
      this.judge.malformed("an instruction is wanted, and this is no object", item);
      return;
    }
    const name = lowerCase(this.judge.requiredText(item, "instruction"));
    const flags = this.judge.object(item, "flags");
    if (!this.hasHeredocs && item.get("heredocs").first().exists) this.heredoc(item);
    if (name == "from") this.from(item);
    else if (name == "arg" && !this.hasBase) this.argument(item);
    else if (name == "copy") this.copy(flags);
    else if (name == "run") this.run(flags);
    else if (name == "onbuild") {
      this.isTrigger = true;
      if (item.get("onbuild").isObject) this.read(item.get("onbuild"));
      else this.judge.malformed("ONBUILD has no instruction that could be judged", item);
      this.isTrigger = false;
    }
  }

  private from(item: Json): void {
    this.hasBase = true;
    const words = this.judge.array(item, "arguments");
    const base = words.first();
    if (base.str() == "") {
      this.judge.malformed("FROM names no image", item);
    } else {
      const image = expandWord(base.str(), this.variables);
      if (image === null || image == "") this.unknown(base.str(), base);
      else if (image != NO_BASE && !this.isStage(image, this.position)) {
        this.judge.image(image, base);
      }
    }
    this.position++;
  }

  private heredoc(item: Json): void {
    this.judge.cannotTell(
      "here-documents are instructions for a frontend that does not read them, and whether this " +
        'one does cannot be seen; wanted "docker/dockerfile:1"',
      item.get("heredocs"),
    );
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
    else if (name != NO_BASE && !this.isOfThisBuild(name)) this.judge.image(name, at);
  }

  private isOfThisBuild(name: string): bool {
    return !this.isTrigger &&
      (this.isStage(name, this.stages.length) || this.isStageNumber(name));
  }

  /** @param end How many of the stages count. */
  private isStage(name: string, end: i32): bool {
    const index = name == "" ? -1 : this.stages.indexOf(lowerCase(name));
    return index >= 0 && index < end;
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
