import type { ExecGrant } from "../capability/exec-grant.ts";
import type { MetadataGrant } from "../capability/metadata.ts";
import type { MetadataProvider } from "../capability/metadata-provider.ts";
import type { Grants } from "../capability/table.ts";
import type { GrantsConfig, PluginConfig } from "../config/plugin-config.ts";
import { isThere } from "../platform/file-system.ts";
import { absolutePath, pathFrom, userStateFolder } from "../platform/path.ts";
import { usage } from "./flags.ts";
import { type AllowedByFlags, DELEGATE_FOLDERS } from "./plugin-flags.ts";

/**
 * What a plugin is granted, opened as far as its metadata goes; see {@link grantsConfigOf}.
 *
 * @param clientMetadata What the client of a bridge knows.
 * @throws {PluginError} what that throws; `usage.invalid` where nobody says from where metadata comes;
 * what reading the metadata's file throws
 */
export async function grantsOf(
  allow?: AllowedByFlags,
  said: PluginConfig = {},
  configPath?: string,
  clientMetadata?: MetadataProvider,
): Promise<Grants> {
  const { metadata, ...others } = await grantsConfigOf(allow, said, configPath);
  return {
    ...others,
    // Checked when it is opened, like every grant.
    ...(said.commands && { exec: { commands: said.commands } as unknown as ExecGrant }),
    ...(metadata && { metadata: await openMetadata(metadata, clientMetadata) }),
  };
}

/** What a configuration says once every folder in it is named. */
export type WholeGrants =
  & Omit<GrantsConfig, "state" | "delegate">
  & Pick<Grants, "state" | "delegate">;

/**
 * What a plugin is granted: by the configuration, and by flags, each of which replaces the one field
 * that it names, so that no bound of the configuration falls away. Paths become absolute: those of
 * flags from the current folder, those of the configuration from its own.
 *
 * @throws {PluginError} `usage.invalid` where the user has no state folder, or the system no folder of
 * CNI plugins, and none is named
 */
export async function grantsConfigOf(
  allow: AllowedByFlags = {},
  { grants = {} }: PluginConfig = {},
  configPath = "",
): Promise<WholeGrants> {
  const here = (path: string) => absolutePath(pathFrom(configPath, path));
  const { blob } = grants;
  const state = stateOf(allow, grants.state, here);
  const directory = directoryOf(allow, grants.directory, here);
  const delegate = await delegateOf(allow, grants.delegate, here);
  const metadata = metadataOf(allow, grants.metadata, here);
  return {
    ...(state && { state }),
    ...(directory && { directory }),
    ...(blob && { blob }),
    ...(delegate && { delegate }),
    ...(metadata && { metadata }),
  };
}

/** Makes a path of the configuration absolute. */
type Here = (path: string) => string;

function stateOf(
  { stateFolder }: AllowedByFlags,
  said: GrantsConfig["state"],
  here: Here,
): Grants["state"] {
  if (stateFolder === undefined) {
    return said && { ...said, folder: here(said.folder ?? defaultStateFolder()) };
  }
  // A bare flag names no folder.
  const folder = stateFolder === "" && said?.folder !== undefined
    ? here(said.folder)
    : absolutePath(stateFolder || defaultStateFolder());
  return { ...said, folder };
}

function directoryOf(
  { directoryRoot }: AllowedByFlags,
  said: GrantsConfig["directory"],
  here: Here,
): Grants["directory"] {
  if (directoryRoot !== undefined) return { ...said, root: absolutePath(directoryRoot) };
  return said && { ...said, root: here(said.root) };
}

async function delegateOf(
  { delegateTypes, delegateFolders, delegateNetns }: AllowedByFlags,
  said: GrantsConfig["delegate"],
  here: Here,
): Promise<Grants["delegate"]> {
  const types = delegateTypes ?? said?.types;
  if (types === undefined) return undefined;
  // A digest of a type that is not granted any more would be a fault of the grant.
  const digests = said?.digests &&
    Object.fromEntries(Object.entries(said.digests).filter(([type]) => types.includes(type)));
  const netns = delegateNetns?.map(absolutePath) ?? said?.netns?.map(here);
  return {
    ...said,
    types,
    folders: delegateFolders?.map(absolutePath) ?? said?.folders?.map(here) ?? await usualFolders(),
    ...(digests && { digests }),
    ...(netns && { netns }),
  };
}

/** Those of the usual folders that are there: each distribution has one of them. */
async function usualFolders(): Promise<string[]> {
  const there: string[] = [];
  for (const folder of DELEGATE_FOLDERS) if (await isThere(folder)) there.push(folder);
  if (there.length > 0) return there;
  throw usage(
    `there is no folder of CNI plugins: neither ${DELEGATE_FOLDERS.join(" nor ")}; name one with ` +
      '"--delegate-path=FOLDER"',
  );
}

/** A source that a flag names replaces the configuration's; a bare flag leaves that one. */
function metadataOf(
  { metadataSource }: AllowedByFlags,
  said: GrantsConfig["metadata"],
  here: Here,
): GrantsConfig["metadata"] {
  if (metadataSource) {
    const { file: _file, url: _url, ...scope } = said ?? {};
    const url = serviceUrlOf(metadataSource);
    return { ...scope, ...(url === undefined ? { file: absolutePath(metadataSource) } : { url }) };
  }
  if (said === undefined) return metadataSource === undefined ? undefined : {};
  return said.file === undefined ? said : { ...said, file: here(said.file) };
}

/** The URL of a service in the one spelling that packages are compared with; undefined for a file. */
function serviceUrlOf(source: string): string | undefined {
  if (!/^https?:/i.test(source)) return undefined;
  const url = URL.canParse(source) ? new URL(source) : undefined;
  if (url?.host && url.pathname === "/" && url.search === "" && url.hash === "") return url.origin;
  throw usage(`"--allow-metadata=${source}" is no service: wanted https://HOST, without a path`);
}

async function openMetadata(
  { file, url, ...scope }: NonNullable<GrantsConfig["metadata"]>,
  clientMetadata: MetadataProvider | undefined,
): Promise<MetadataGrant> {
  if (url !== undefined) {
    const { metadataFromRepository } = await import("../cipd/repository.ts");
    return { service: url, ...scope, provider: metadataFromRepository(url) };
  }
  if (file !== undefined) {
    const { metadataFromFile } = await import("../capability/metadata-file.ts");
    return { ...scope, provider: await metadataFromFile(file) };
  }
  if (clientMetadata !== undefined) return { ...scope, provider: clientMetadata };
  throw usage("nobody says where metadata comes from: write --allow-metadata=FILE, or =https://…");
}

function defaultStateFolder(): string {
  const folder = userStateFolder();
  if (folder !== undefined) return `${folder}/cofferdam`;
  throw usage(
    "there is no folder for state: neither XDG_STATE_HOME nor HOME is set; name one with " +
      '"--allow-state=FOLDER"',
  );
}
