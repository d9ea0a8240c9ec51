import type { JsonObject } from "../../json.ts";
import { isCipdPackageTemplate, isCipdVersion, readCipdInstanceId } from "../cipd-instance.ts";
import { quote, type SourceText } from "../source-text.ts";
import type { Tree } from "../tree.ts";
import { type CipdLine, cipdLines } from "./cipd-line.ts";
import { pinTree } from "./cipd-pin-tree.ts";

/** What the lines of an ensure file have set so far. */
interface Settings {
  serviceUrl?: string;
  subdir?: string;
  readonly platforms: string[];
  readonly seen: Set<string>;
}

/** The settings that stand once, and hold for the whole file. */
const SINGLE = new Set([
  "$serviceurl",
  "$resolvedversions",
  "$paranoidmode",
  "$overrideinstallmode",
]);

/**
 * Parses a CIPD ensure file into one tree for each package line:
 * `{serviceUrl?, package, instanceId, hashAlgo, hexDigest, subdir?, platforms?}` where the version is
 * an instance ID, and `{…, package, version, resolved: false}` where it is a ref or a tag, which may
 * move. Templates such as `${platform}` stay as written.
 *
 * @throws {PluginError} `document.malformed`
 * @see luci-go, cipd/client/cipd/ensure/doc.go and file.go
 */
export function parseCipdEnsure(source: SourceText): Tree[] {
  const settings: Settings = { platforms: [], seen: new Set() };
  const packages: { line: CipdLine; name: string; version: string; subdir: string }[] = [];
  let isHead = true;
  for (const line of cipdLines(source)) {
    if (line.text === "") continue;
    const [, word = "", value = ""] = /^(\S+)\s*([^]*)$/.exec(line.text) ?? [];
    if (word.startsWith("$")) {
      if (!isHead) throw fault(source, line, `the setting ${quote(word)} stands behind a package`);
      readSetting(source, line, settings, word, value);
      continue;
    }
    isHead = false;
    if (word.startsWith("@")) {
      if (word.toLowerCase() !== "@subdir") {
        throw fault(source, line, `${quote(word)} is no directive`);
      }
      settings.subdir = value;
      continue;
    }
    if (!isCipdPackageTemplate(word)) {
      throw fault(source, line, `${quote(word)} is no package name`);
    }
    if (!isCipdVersion(value)) {
      throw fault(
        source,
        line,
        `${quote(value)} is no version; an instance ID, a ref or a tag is wanted`,
      );
    }
    packages.push({ line, name: word, version: value, subdir: settings.subdir ?? "" });
  }
  return packages.map(({ line, name, version, subdir }) => {
    const instance = readCipdInstanceId(version);
    const value: JsonObject = {
      ...(settings.serviceUrl === undefined ? {} : { serviceUrl: settings.serviceUrl }),
      package: name,
      ...(instance === undefined
        ? { version, resolved: false }
        : { instanceId: version, hashAlgo: instance.hashAlgo, hexDigest: instance.hexDigest }),
      ...(subdir === "" ? {} : { subdir }),
      ...(settings.platforms.length === 0 ? {} : { platforms: settings.platforms }),
    };
    const at = line.offset + line.text.length - version.length;
    const end = line.offset + line.text.length;
    return pinTree(value, line.offset, end, at, at);
  });
}

function readSetting(
  source: SourceText,
  line: CipdLine,
  settings: Settings,
  word: string,
  value: string,
): void {
  const name = word.toLowerCase(); // The client folds the case of settings as well.
  if (name === "$verifiedplatform") {
    for (const platform of value.split(/\s+/)) {
      if (!/^[a-z0-9]+-[a-z0-9_]+$/.test(platform)) {
        throw fault(source, line, `${quote(platform)} is no platform; os-arch is wanted`);
      }
      settings.platforms.push(platform);
    }
    return;
  }
  if (!SINGLE.has(name)) throw fault(source, line, `${quote(word)} is no setting`);
  if (settings.seen.has(name)) throw fault(source, line, `the setting ${quote(word)} stands twice`);
  settings.seen.add(name);
  if (name === "$serviceurl") {
    if (!URL.canParse(value)) throw fault(source, line, `${quote(value)} is no URL`);
    settings.serviceUrl = value;
  }
}

function fault(source: SourceText, line: CipdLine, what: string): Error {
  return source.fault("document.malformed", `Parsing the ensure file failed: ${what}`, line.offset);
}
