import { DriverError, type JsonObject, volume } from "cofferdam/guest";
import { quote } from "./fault.ts";
import { type Measured, mountsOf } from "./record.ts";
import { limitOf, type Settings } from "./settings.ts";
import { readSize } from "./size.ts";
import { type FoundVolume, Volumes } from "./volumes.ts";

/** A volume is called like its folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

/** An answer has a megabyte. Where places do not fit in, there may be room for all names. */
const LIST_LENGTH = 1_000_000;

export default volume<Settings>({
  create({ name, options, settings, now }, host) {
    if (!NAME.test(name)) {
      const wanted = 'letters, digits, "_", "." and "-", at most 255, the first a letter or digit';
      throw new DriverError("invalid", `cannot create ${quote(name)}: wanted ${wanted}`);
    }
    const size = sizeOf(name, options, settings);
    const volumes = new Volumes(host, "create");
    const found = volumes.find(name);
    if (found === undefined) {
      const asked = size === undefined ? {} : { size };
      volumes.add(name, { createdAt: now, ...asked, folder: "unused", mounts: [] });
    } else if (found.record.size !== size) {
      const has = found.record.size === undefined ? "no size" : `size ${found.record.size}`;
      throw volumes.fault("conflict", name, `it is there already, with ${has}`);
    }
  },

  remove({ name, settings }, host) {
    const volumes = new Volumes(host, "remove");
    volumes.remove(name, ({ record }) => {
      const { length } = mountsOf(record, settings);
      if (length === 0) return;
      const who = length === 1 ? "a container uses it" : `${length} containers use it`;
      throw volumes.fault("conflict", name, who);
    });
  },

  path({ name }, host) {
    const { mountpoint } = new Volumes(host, "find").get(name);
    return mountpoint === undefined ? {} : { mountpoint };
  },

  mount({ name, id, settings, now }, host) {
    const volumes = new Volumes(host, "mount");
    const { mountpoint } = volumes.change(name, ({ record, mountpoint, why }) => {
      if (mountpoint === undefined) throw volumes.fault("failed", name, why);
      const mounts = mountsOf(record, settings);
      if (mounts.some((one) => one.id === id)) return record;
      const limit = limitOf(record.size, settings);
      const measured = limit === undefined ? {} : { measured: measure(limit) };
      return { ...record, folder: "used", mounts: [...mounts, { id, since: now }], ...measured };
    });
    return { mountpoint: mountpoint! };

    function measure(limit: number): Measured {
      const { bytes = 0, complete } = host.directory.stat(name);
      if (complete === true && bytes <= limit) return { bytes, at: now };
      const has = complete === true ? `${bytes} bytes` : "more than can be measured";
      throw volumes.fault("limit", name, `it holds ${has}, and may hold ${limit}`);
    }
  },

  unmount({ name, id, settings }, host) {
    new Volumes(host, "unmount").change(name, ({ record }) => {
      if (!record.mounts.some((one) => one.id === id)) return record;
      return { ...record, mounts: mountsOf(record, settings).filter((one) => one.id !== id) };
    });
  },

  get({ name, settings }, host) {
    const found = new Volumes(host, "find").get(name);
    const { record: { createdAt }, mountpoint } = found;
    const place = mountpoint === undefined ? {} : { mountpoint };
    return { volume: { name, ...place, createdAt, status: statusOf(found, settings) } };
  },

  list(_request, host) {
    const all = new Volumes(host, "list").all();
    const length = all.reduce(
      (sum, one) => sum + 40 + one.name.length + (one.mountpoint?.length ?? 0),
      0,
    );
    return {
      volumes: all.map(({ name, mountpoint }) =>
        mountpoint === undefined || length > LIST_LENGTH ? { name } : { name, mountpoint }
      ),
    };
  },

  capabilities: () => ({ scope: "local" }),
});

/** The option `size` in bytes, undefined where it is not asked for. */
function sizeOf(
  name: string,
  { size: text, ...others }: Readonly<Record<string, string>>,
  settings: Settings,
): number | undefined {
  const what = `cannot create ${quote(name)}`;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const known = 'the only one is "size"';
    throw new DriverError("invalid", `${what}: there is no option ${quote(unknown)}; ${known}`);
  }
  if (text === undefined) return undefined;
  const size = readSize(text);
  if (size === undefined) {
    const wanted = 'wanted a whole number with or without k, m, g, t, p, as in "512m"';
    throw new DriverError("invalid", `${what}: the size ${quote(text)} is none; ${wanted}`);
  }
  const limit = limitOf(undefined, settings);
  if (limit === undefined || size <= limit) return size;
  throw new DriverError("limit", `${what}: a size of ${size} is asked, ${limit} is allowed`);
}

/** What `docker volume inspect` shows as `Status`. */
function statusOf({ record, mountpoint }: FoundVolume, settings: Settings): JsonObject {
  const limitBytes = limitOf(record.size, settings);
  const { measured } = record;
  return {
    mounts: mountsOf(record, settings).length,
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(measured && { usedBytes: measured.bytes, measuredAt: measured.at }),
    ...(mountpoint === undefined ? { folder: "missing" } : {}),
  };
}
