import { DriverError, type Exec, type ExecAnswer } from "cofferdam/guest";

/** Values for the holes of one of the operator's commands. */
type Holes = Readonly<Record<string, string | number>>;

/** The interfaces of the host, through the commands that the operator's configuration names. */
export class Links {
  readonly #exec: Exec;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  /**
   * Runs a command that changes something.
   *
   * @throws {DriverError} where it says that it did not do it
   * @throws {CapabilityError} where it was not run, or not to its end: it may have done it
   */
  run(command: string, holes: Holes): void {
    const answer = this.#exec.run({ command, holes });
    if (answer.code !== 0) throw failure(command, answer);
  }

  /** Whether there is such an interface. */
  has(link: string): boolean {
    const answer = this.#exec.run({ command: "link-show", holes: { link } });
    if (answer.code === 0) return true;
    if (answer.code === 1 && answer.stderr.includes("does not exist")) return false;
    throw failure("link-show", answer);
  }

  /** Removes an interface, and with it the other end of its pair; one that is gone already stays so. */
  remove(link: string): void {
    if (!this.has(link)) return;
    try {
      this.run("link-delete", { link });
    } catch (error) {
      // It goes by itself when a container ends.
      if (this.has(link)) throw error;
    }
  }
}

function failure(command: string, { code, signal, stderr }: ExecAnswer): DriverError {
  const [line = ""] = stderr.split("\n");
  const how = signal === undefined ? `ended with ${code}` : `was ended by ${signal}`;
  return new DriverError("failed", `"${command}" ${how}${line === "" ? "" : `: ${line}`}`);
}
