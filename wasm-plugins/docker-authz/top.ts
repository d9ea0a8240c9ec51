import { quote } from "../shared/quote.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** What `ps` may be told where variables are secret: with an `e` and no dash it shows the environment. */
const KNOWN = [
  "",
  "-e",
  "-ef",
  "-eF",
  "-A",
  "-f",
  "a",
  "ax",
  "aux",
  "axu",
  "-o pid,ppid,user,comm",
];

/** Judges what the host's `ps` is told when it lists the processes of a container. */
export function judgeTop(query: Place, settings: Settings): void {
  if (settings.secretVariables.length === 0) return;
  for (const words of query.get("ps_args").list()) {
    const text = words.text();
    if (KNOWN.includes(text)) continue;
    words.deny("secret-variable", `With ${quote(text)} ps may show secret variables.`);
  }
}
