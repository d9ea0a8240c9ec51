import { CONTRACTS } from "../bundle/manifest.ts";
import { isUsable, PLUGIN_NAME } from "../by-name.ts";
import { writeNewFolder } from "../platform/output-folder.ts";
import type { PluginError } from "../plugin-error.ts";
import { mistyped, usage } from "./flags.ts";
import { ownDependency } from "./own-dependency.ts";
import { suggestionFor } from "./suggestion.ts";
import {
  TEMPLATE_CONTRACTS,
  TEMPLATE_LANGUAGES,
  type TemplateChoice,
  templateFiles,
} from "./template.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam init`: a folder to begin with. */
export const init: Verb = {
  name: "init",
  summary: "Make a folder for a new plugin, with cases that pass",
  usage: "NAME [--contract CONTRACT] [--language LANGUAGE]",
  denoPermissions: "--allow-read --allow-write",
  flags: [
    {
      name: "contract",
      value: "CONTRACT",
      help: `${TEMPLATE_CONTRACTS.join(", ")}; admission without it`,
    },
    {
      name: "language",
      value: "LANGUAGE",
      help: `${TEMPLATE_LANGUAGES.join(", ")}; typescript without it`,
    },
  ],
  notes: "Asks nothing. The folder is called NAME and must not be there, or be empty.",
  run: runInit,
};

async function runInit({ flags, stdout }: VerbContext): Promise<ExitCode> {
  const [name, ...more] = flags.positionals;
  if (name === undefined || more.length > 0) {
    throw usage("wanted one NAME: cofferdam init my-policy");
  }
  const choice: TemplateChoice = {
    name: checkName(name),
    contract: checkContract(flags.one("contract") ?? "admission"),
    language: choose("language", flags.one("language") ?? "typescript", TEMPLATE_LANGUAGES),
  };
  const files = await templateFiles(choice, await ownDependency(`${name}/package.json`));
  await writeNewFolder(name, files);
  const written = [...files.keys()].map((path) => `wrote ${name}/${path}\n`).join("");
  await stdout.write(`${written}\nNext:\n  cd ${name}\n  npm install && npm test\n`);
  return 0;
}

/** Packages that stand in its `package.json`: npm installs none into a package of the same name. */
const TAKEN = ["assemblyscript", "cofferdam", "esbuild", "typescript"];

function checkName(name: string): string {
  if (!PLUGIN_NAME.pattern.test(name) || !isUsable(name)) {
    throw usage(
      `a plugin cannot be called "${name}": wanted at most 64 lower-case letters, digits and inner ` +
        "hyphens; the folder has the same name, and stands where the command runs",
    );
  }
  if (TAKEN.includes(name)) {
    throw usage(`a plugin cannot be called "${name}": it needs that package`);
  }
  return name;
}

function checkContract(contract: string): TemplateChoice["contract"] {
  const known: readonly string[] = CONTRACTS;
  const there: readonly string[] = TEMPLATE_CONTRACTS;
  if (known.includes(contract) && !there.includes(contract)) {
    throw usage(
      `there is no template for the contract "${contract}", only for ${there.join(", ")}`,
    );
  }
  return choose("contract", contract, TEMPLATE_CONTRACTS);
}

function choose<T extends string>(what: string, word: string, candidates: readonly T[]): T {
  const found = candidates.find((candidate) => candidate === word);
  if (found !== undefined) return found;
  throw unknown(`the ${what} "${word}" is not one of ${candidates.join(", ")}`, word, candidates);
}

/** The command's own errors about flags get their suggestion where the flags are read. */
function unknown(what: string, word: string, candidates: readonly string[]): PluginError {
  return usage(what + suggestionFor(mistyped(what, word, candidates)));
}
