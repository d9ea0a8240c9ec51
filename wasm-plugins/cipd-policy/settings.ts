import type { JsonObject, JsonValue, SettingsFault } from "cofferdam/guest";
import { quote } from "../shared/quote.ts";
import { SettingsReader } from "../shared/settings-reader.ts";
import { isPackageName } from "./package-name.ts";
import type { Named } from "./package-list.ts";
import { readServiceUrl, type Service } from "./service-url.ts";

/** Metadata that an instance must have: one entry that meets all of it. */
export interface MetadataRequirement {
  readonly key: string;
  /** Whole values; undefined where they do not matter, as in `patterns`. */
  readonly values?: readonly string[];
  /** Values with `*`; an entry that meets either list will do. */
  readonly patterns?: readonly string[];
  /** Who attached it, with `*`. */
  readonly attachedBy?: readonly string[];
}

/** What is required of a package. */
export interface Requirement {
  readonly services: readonly Service[];
  /** Refs and tags, with `*`, that may stand in the place of an instance ID. */
  readonly unpinned: readonly string[];
  readonly hashAlgos: readonly string[];
  readonly metadata: readonly MetadataRequirement[];
  readonly installModes: readonly string[];
}

/** An entry of the setting `packages`. */
export interface PackageEntry extends Named, Requirement {}

/** The operator's settings, read. */
export interface Settings {
  readonly packages: readonly PackageEntry[];
  /** The service that is meant where a document names none. */
  readonly defaultService: Service;
}

/** Where the client goes by itself. @see luci-go, hardcoded/chromeinfra */
const PUBLIC_SERVICE: Service = readServiceUrl("https://chrome-infra-packages.appspot.com")!;

/** Say the same as the defaults in `plugin.json`. */
const DEFAULTS: Requirement = {
  services: [PUBLIC_SERVICE],
  unpinned: [],
  hashAlgos: ["SHA256"],
  metadata: [],
  installModes: ["copy", "symlink"],
};

const REQUIREMENTS: readonly string[] = Object.keys(DEFAULTS);

/**
 * Reads settings, and relies on no schema: what is not understood is a fault, so that no slip of the
 * pen requires less.
 */
export function readSettings(value: JsonValue): Settings | readonly SettingsFault[] {
  const reader = new Reader();
  const settings = reader.read(value);
  return settings === undefined || reader.faults.length > 0 ? reader.faults : settings;
}

class Reader extends SettingsReader {
  read(value: JsonValue): Settings | undefined {
    const object = this.object(value, "", ["packages", "defaultService", ...REQUIREMENTS]);
    if (object === undefined) return undefined;
    const common = this.#requirement(object, "", DEFAULTS);
    const service = object["defaultService"];
    return {
      packages: this.#packages(object["packages"], common),
      defaultService: service === undefined
        ? PUBLIC_SERVICE
        : this.#service(service, "/defaultService") ?? PUBLIC_SERVICE,
    };
  }

  #packages(value: JsonValue | undefined, common: Requirement): PackageEntry[] {
    const seen = new Set<string>();
    return this.list(value, "/packages").flatMap((item, i) => {
      const path = `/packages/${i}`;
      const object = this.object(item, path, ["package", "prefix", ...REQUIREMENTS]);
      if (object === undefined) return [];
      const { package: exact, prefix } = object;
      const isPrefix = exact === undefined;
      const name = isPrefix ? prefix : exact;
      if (typeof name !== "string" || (exact !== undefined && prefix !== undefined)) {
        this.fault(path, 'Wanted either "package" or "prefix", as text.');
        return [];
      }
      if (!isPackageName(name) && !(isPrefix && name === "*")) {
        const others = isPrefix ? ', or "*" for all' : "";
        this.fault(path, `${quote(name)} is no name of packages${others}.`);
      }
      const key = `${isPrefix} ${name}`;
      if (seen.has(key)) this.fault(path, `${quote(name)} stands twice.`);
      seen.add(key);
      return [{ name, isPrefix, ...this.#requirement(object, path, common) }];
    });
  }

  #requirement(object: JsonObject, path: string, otherwise: Requirement): Requirement {
    const read = <Item>(
      key: keyof Requirement,
      item: (value: JsonValue, path: string) => Item | undefined,
    ): readonly Item[] | undefined => {
      if (object[key] === undefined) return undefined;
      const place = `${path}/${key}`;
      return this.list(object[key], place).flatMap((value, i) => {
        const found = item(value, `${place}/${i}`);
        return found === undefined ? [] : [found];
      });
    };
    const oneOf = (...words: string[]) => (value: JsonValue, place: string) => {
      if (typeof value === "string" && words.includes(value)) return value;
      this.fault(place, `Wanted one of ${words.join(", ")}.`);
      return undefined;
    };
    return {
      services: read("services", (value, place) => this.#service(value, place)) ??
        otherwise.services,
      unpinned: read("unpinned", (value, place) => this.#text(value, place)) ?? otherwise.unpinned,
      hashAlgos: read("hashAlgos", oneOf("SHA1", "SHA256")) ?? otherwise.hashAlgos,
      metadata: read("metadata", (value, place) => this.#metadata(value, place)) ??
        otherwise.metadata,
      installModes: read("installModes", oneOf("copy", "symlink")) ?? otherwise.installModes,
    };
  }

  #metadata(value: JsonValue, path: string): MetadataRequirement | undefined {
    const object = this.object(value, path, ["key", "values", "patterns", "attachedBy"]);
    if (object === undefined) return undefined;
    const { key } = object;
    if (typeof key !== "string" || key.length > 400 || !/^[a-z0-9_-]+$/.test(key)) {
      this.fault(`${path}/key`, "Wanted a key of metadata: [a-z0-9_-], at most 400.");
      return undefined;
    }
    const texts = (name: "values" | "patterns" | "attachedBy") => {
      if (object[name] === undefined) return {};
      const place = `${path}/${name}`;
      const list = this.list(object[name], place);
      if (list.length === 0) this.fault(place, "An empty list can be met by nothing.");
      return { [name]: list.flatMap((item, i) => this.#text(item, `${place}/${i}`, 0) ?? []) };
    };
    return { key, ...texts("values"), ...texts("patterns"), ...texts("attachedBy") };
  }

  #service(value: JsonValue, path: string): Service | undefined {
    const service = typeof value === "string" ? readServiceUrl(value) : undefined;
    if (service === undefined) this.fault(path, 'Wanted "https://host".');
    return service;
  }

  #text(value: JsonValue, path: string, least = 1): string | undefined {
    if (typeof value === "string" && value.length >= least && value.length <= 1_000) return value;
    this.fault(path, `Wanted a text of ${least} to 1000 letters.`);
    return undefined;
  }
}
