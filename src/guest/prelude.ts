/** Makes the globals what a plugin can rely on. Runs before anything of the author's. */
import { describeThrown, describeValue } from "./describe.ts";
import { engine } from "./engine.ts";
import { objects } from "./intrinsics.ts";
import { phase, refuseAtTopLevel } from "./phase.ts";

engine.describe(describeThrown);

const LEVELS = { debug: 0, trace: 0, log: 1, info: 1, warn: 2, error: 3 };

const globals = globalThis as unknown as Record<string, unknown>;

globals.console = objects.fromEntries(
  objects.entries(LEVELS).map(([name, level]) => [name, (...values: unknown[]) => {
    refuseAtTopLevel(`console.${name}()`);
    engine.log(level, values.map(describeValue).join(" "));
  }]),
);

Math.random = () => {
  throw new Error(
    "Math.random() is refused: the same request must get the same answer; " +
      "derive what must differ from the request",
  );
};

// It would stand still.
delete globals.performance;

/** The time of the request: the only clock. */
function now(): number {
  refuseAtTopLevel("the time");
  if (phase.now !== undefined) return phase.now;
  throw new Error('there is no time here: this request has no valid "now"');
}

const Native = Date;
Native.now = now;
const Clock = new Proxy(Native, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new Native(now()).toString(),
});
Native.prototype.constructor = Clock;
globals.Date = Clock;
