import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap } from "yaml";
import type { Span } from "../tree.ts";
import { readScalar, type ScalarReader } from "./yaml-scalar.ts";
import { isMergeKey } from "./yaml-conversion.ts";

type Anchors = ReadonlyMap<Alias.Parsed, ParsedNode>;

/**
 * Follows a pointer through the nodes of a document. What an alias or a `<<` brought in is found
 * where its anchor stands.
 */
export function locateInYaml(
  root: ParsedNode,
  tokens: readonly string[],
  anchors: Anchors,
  reader: ScalarReader = "core",
): Span {
  let node = dereference(root, anchors);
  let start = node.range[0];
  for (const token of tokens) {
    const step = isMap(node)
      ? findMember(node as YAMLMap.Parsed, token, anchors, reader)
      : isSeq(node)
      ? findElement(node.items[Number(token)] as ParsedNode | undefined, token)
      : undefined;
    if (step === undefined) break;
    start = step.start;
    if (step.value === null) return { start, value: start, end: start };
    node = dereference(step.value, anchors);
  }
  return { start, value: node.range[0], end: node.range[1] };
}

interface Step {
  readonly start: number;
  readonly value: ParsedNode | null;
}

function findElement(item: ParsedNode | undefined, token: string): Step | undefined {
  if (item === undefined || !/^(?:0|[1-9]\d*)$/.test(token)) return undefined;
  return { start: item.range[0], value: item };
}

function findMember(
  map: YAMLMap.Parsed,
  name: string,
  anchors: Anchors,
  reader: ScalarReader,
): Step | undefined {
  const merged: ParsedNode[] = [];
  for (const { key, value } of map.items) {
    if (isMergeKey(key)) {
      const source = value === null ? undefined : dereference(value, anchors);
      if (source !== undefined) {
        merged.push(...(isSeq(source) ? source.items as ParsedNode[] : [source]));
      }
    } else if (keyText(key, anchors, reader) === name) {
      return { start: key.range[0], value };
    }
  }
  for (const source of merged) {
    const target = dereference(source, anchors);
    const step = isMap(target)
      ? findMember(target as YAMLMap.Parsed, name, anchors, reader)
      : undefined;
    if (step !== undefined) return step;
  }
  return undefined;
}

function keyText(key: ParsedNode, anchors: Anchors, reader: ScalarReader): string | undefined {
  const node = dereference(key, anchors);
  if (!isScalar(node)) return undefined;
  const text = String(node.value);
  if (node.tag !== undefined ? !/:(?:int|float|bool)$/.test(node.tag) : node.type !== "PLAIN") {
    return text;
  }
  const reading = readScalar(text, reader);
  return "value" in reading ? String(reading.value) : undefined;
}

function dereference(node: ParsedNode, anchors: Anchors): ParsedNode {
  return isAlias(node) ? anchors.get(node) ?? node : node;
}
