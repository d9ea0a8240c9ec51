import { isCipdPackage, isCipdVersion, readCipdInstanceId } from "../cipd-instance.ts";
import { quote, type SourceText } from "../source-text.ts";
import type { Tree } from "../tree.ts";
import { type CipdLine, cipdLines } from "./cipd-line.ts";
import { pinTree } from "./cipd-pin-tree.ts";

/**
 * Parses the file that `cipd ensure-file-resolve` writes: triples of package, version and instance
 * ID with blank lines between them, each a tree
 * `{package, version, instanceId, hashAlgo, hexDigest}`.
 *
 * @throws {PluginError} `document.malformed`, `.duplicate-key` where one version of a package
 * resolves twice
 * @see luci-go, cipd/client/cipd/ensure/versions_file.go
 */
export function parseCipdVersions(source: SourceText): Tree[] {
  const trees: Tree[] = [];
  const seen = new Set<string>();
  let block: CipdLine[] = [];
  // A blank line ends the last block, however the file ends.
  for (const line of [...cipdLines(source), { text: "", offset: source.text.length }]) {
    if (line.text !== "") {
      block.push(line);
      continue;
    }
    if (block.length > 0) trees.push(readTriple(source, block, seen));
    block = [];
  }
  return trees;
}

function readTriple(source: SourceText, block: readonly CipdLine[], seen: Set<string>): Tree {
  const [name, version, id] = block;
  if (name === undefined || version === undefined || id === undefined || block.length !== 3) {
    throw fault(
      source,
      block[0]!,
      `a block has ${block.length} lines; package, version and instance ID are wanted`,
    );
  }
  if (!isCipdPackage(name.text)) {
    throw fault(source, name, `${quote(name.text)} is no package name`);
  }
  if (!isCipdVersion(version.text)) {
    throw fault(source, version, `${quote(version.text)} is no version`);
  }
  const instance = readCipdInstanceId(id.text);
  if (instance === undefined) throw fault(source, id, `${quote(id.text)} is no instance ID`);
  if (readCipdInstanceId(version.text) !== undefined && version.text !== id.text) {
    throw fault(source, id, `${quote(version.text)} is an instance ID and resolves to another`);
  }
  const key = `${name.text}\n${version.text}`;
  if (seen.has(key)) {
    throw source.fault(
      "document.duplicate-key",
      `Parsing the resolved versions failed: ${quote(name.text)} at ${
        quote(version.text)
      } stands twice`,
      name.offset,
    );
  }
  seen.add(key);
  return pinTree(
    {
      package: name.text,
      version: version.text,
      instanceId: id.text,
      hashAlgo: instance.hashAlgo,
      hexDigest: instance.hexDigest,
    },
    name.offset,
    id.offset + id.text.length,
    version.offset,
    id.offset,
  );
}

function fault(source: SourceText, line: CipdLine, what: string): Error {
  return source.fault(
    "document.malformed",
    `Parsing the resolved versions failed: ${what}`,
    line.offset,
  );
}
