import type { JsonValue, SettingsFault } from "cofferdam/guest";
import { quote } from "../shared/quote.ts";
import { SettingsReader } from "../shared/settings-reader.ts";
import { type ImagePattern, readImagePattern } from "./image.ts";
import { type Namespace, NAMESPACES } from "./namespace.ts";

/** What a user may do: everything; what the settings allow; look; nothing. */
export type Role = "admin" | "user" | "reader" | "nobody";

/** A folder of the host that may be mounted, with all below it. */
export interface AllowedMount {
  readonly path: string;
  readonly readOnly: boolean;
}

/** The operator's settings, read. */
export interface Settings {
  readonly images: readonly ImagePattern[];
  readonly pinned: boolean;
  readonly imageIds: readonly string[];
  readonly madeImages: readonly ImagePattern[];
  readonly build: boolean;
  readonly import: boolean;
  readonly exec: boolean;
  readonly privileged: boolean;
  readonly hostNamespaces: readonly string[];
  readonly mounts: readonly AllowedMount[];
  readonly capabilities: readonly string[];
  readonly devices: readonly string[];
  readonly securityOptions: readonly string[];
  readonly sharing: boolean;
  readonly sysctls: readonly string[];
  readonly runtimes: readonly string[];
  readonly logDrivers: readonly string[];
  /** Fields of a host configuration that may hold anything. */
  readonly fields: readonly string[];
  readonly volumeDrivers: readonly string[];
  readonly networkDrivers: readonly string[];
  /** IDs of networks that services may name. */
  readonly networkIds: readonly string[];
  readonly swarm: boolean;
  /** Roles by the common names in certificates; the empty name is that of who shows none. */
  readonly users: ReadonlyMap<string, Role>;
  readonly otherUsers: Role;
  /** Names of variables that no answer may hold, with `*` for any text. */
  readonly secretVariables: readonly string[];
}

const ROLES: readonly Role[] = ["admin", "user", "reader", "nobody"];

/** Fields that an operator may open. */
const OPENABLE = ["Annotations", "CgroupParent", "DeviceCgroupRules", "DeviceRequests"];

/** What holds where nothing is said, as in `plugin.json`; and what a setting is. */
const TEXTS: Readonly<
  Record<string, { readonly otherwise: readonly string[]; readonly of?: RegExp }>
> = {
  imageIds: { otherwise: [], of: /^sha256:[0-9a-f]{64}$/ },
  capabilities: { otherwise: [], of: /^[A-Z_]+$/ },
  devices: { otherwise: [], of: /^(?:\/[^/]+)+$/ },
  securityOptions: {
    otherwise: ["no-new-privileges", "no-new-privileges=true", "no-new-privileges:true"],
  },
  sysctls: { otherwise: [] },
  runtimes: { otherwise: ["runc", "io.containerd.runc.v2"] },
  logDrivers: { otherwise: ["json-file", "local", "journald", "none"] },
  volumeDrivers: { otherwise: ["local"] },
  networkDrivers: { otherwise: ["bridge"] },
  networkIds: { otherwise: [], of: /^(?:[0-9a-z]{25}|[0-9a-f]{64})$/ },
  secretVariables: { otherwise: [], of: /^[A-Za-z0-9_*]+$/ },
};

const FLAGS = ["pinned", "build", "import", "privileged", "sharing", "swarm"];

const OTHERS = [
  ...["images", "madeImages", "exec", "hostNamespaces", "mounts", "fields", "users", "otherUsers"],
];

/**
 * Reads settings, and relies on no schema: what is not understood is a fault, so that no slip of the
 * pen allows more.
 */
export function readSettings(value: JsonValue): Settings | readonly SettingsFault[] {
  const reader = new Reader();
  const settings = reader.read(value);
  return settings === undefined || reader.faults.length > 0 ? reader.faults : settings;
}

class Reader extends SettingsReader {
  read(value: JsonValue): Settings | undefined {
    const object = this.object(value, "", [...Object.keys(TEXTS), ...FLAGS, ...OTHERS]);
    if (object === undefined) return undefined;
    const texts = (key: string) => {
      const { otherwise, of } = TEXTS[key]!;
      return object[key] === undefined ? otherwise : this.#texts(object[key], `/${key}`, of);
    };
    const flag = (key: string, otherwise = false) => this.#flag(object[key], `/${key}`, otherwise);
    if (object["images"] === undefined) this.fault("", 'Wanted "images".');
    return {
      images: this.#patterns(object["images"], "/images"),
      madeImages: this.#patterns(object["madeImages"], "/madeImages"),
      imageIds: texts("imageIds"),
      pinned: flag("pinned"),
      build: flag("build"),
      import: flag("import"),
      exec: flag("exec", true),
      privileged: flag("privileged"),
      sharing: flag("sharing"),
      swarm: flag("swarm"),
      hostNamespaces: this.#words(object["hostNamespaces"], "/hostNamespaces", NAMESPACE_NAMES),
      fields: this.#words(object["fields"], "/fields", OPENABLE),
      mounts: this.#mounts(object["mounts"]),
      capabilities: texts("capabilities"),
      devices: texts("devices"),
      securityOptions: texts("securityOptions"),
      sysctls: texts("sysctls"),
      runtimes: texts("runtimes"),
      logDrivers: texts("logDrivers"),
      volumeDrivers: texts("volumeDrivers"),
      networkDrivers: texts("networkDrivers"),
      networkIds: texts("networkIds"),
      users: this.#users(object["users"]),
      otherUsers: object["otherUsers"] === undefined
        ? "user"
        : this.#role(object["otherUsers"], "/otherUsers"),
      secretVariables: texts("secretVariables"),
    };
  }

  #patterns(value: JsonValue | undefined, path: string): ImagePattern[] {
    return this.#texts(value ?? [], path).flatMap((text, i) => {
      const pattern = readImagePattern(text);
      if (pattern !== undefined) return [pattern];
      this.fault(`${path}/${i}`, `${quote(text)} is no name of images.`);
      return [];
    });
  }

  #mounts(value: JsonValue | undefined): AllowedMount[] {
    return this.list(value ?? [], "/mounts").flatMap((item, i) => {
      const place = `/mounts/${i}`;
      const object = this.object(item, place, ["path", "readOnly"]);
      if (object === undefined) return [];
      const { path } = object;
      const isPlain = typeof path === "string" && (path === "/" || /^(?:\/[^/]+)+$/.test(path)) &&
        !path.split("/").some((step) => step === "." || step === "..");
      if (!isPlain) {
        this.fault(`${place}/path`, "Wanted a plain absolute path.");
        return [];
      }
      return [{ path, readOnly: this.#flag(object["readOnly"], `${place}/readOnly`, false) }];
    });
  }

  #users(value: JsonValue | undefined): ReadonlyMap<string, Role> {
    const users = new Map<string, Role>();
    const roles = this.object(value ?? {}, "/users", ROLES) ?? {};
    for (const role of ROLES) {
      const place = `/users/${role}`;
      this.#texts(roles[role] ?? [], place, undefined, 0).forEach((name, i) => {
        if (users.has(name)) this.fault(`${place}/${i}`, `${quote(name)} stands twice.`);
        users.set(name, role);
      });
    }
    return users;
  }

  #role(value: JsonValue, path: string): Role {
    const role = ROLES.find((one) => one === value);
    if (role === undefined) this.fault(path, `Wanted one of ${ROLES.join(", ")}.`);
    return role ?? "nobody";
  }

  #words(value: JsonValue | undefined, path: string, known: readonly string[]): string[] {
    const words = this.#texts(value ?? [], path);
    words.forEach((word, i) => {
      if (!known.includes(word)) this.fault(`${path}/${i}`, `Wanted one of ${known.join(", ")}.`);
    });
    return words;
  }

  #texts(value: JsonValue, path: string, of?: RegExp, least = 1): string[] {
    return this.list(value, path).flatMap((item, i) => {
      const isText = typeof item === "string" && item.length >= least && item.length <= 1_000;
      if (isText && (of === undefined || of.test(item))) return [item];
      this.fault(`${path}/${i}`, isText ? `${quote(item)} is none.` : "Wanted a text.");
      return [];
    });
  }

  #flag(value: JsonValue | undefined, path: string, otherwise: boolean): boolean {
    if (value === undefined) return otherwise;
    if (typeof value !== "boolean") this.fault(path, "Wanted true or false.");
    return value === true;
  }
}

const NAMESPACE_NAMES: readonly string[] = Object.keys(NAMESPACES) as Namespace[];
