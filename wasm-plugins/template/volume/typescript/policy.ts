import {
  CapabilityError,
  DriverError,
  type DriverErrorCode,
  type Host,
  volume,
} from "cofferdam/guest";

export default volume({
  create({ name, options }, host) {
    const [option] = Object.keys(options);
    if (option !== undefined) {
      throw new DriverError("invalid", `cannot create "${name}": no option "${option}" is known`);
    }
    // It may be there: Docker asks again where it did not hear the answer.
    attempt(name, () => host.directory.create(name));
  },

  remove({ name }, host) {
    pathOf(name, host);
    const mounts = host.state.list({ prefix: mountKey(name, ""), limit: 1 }).keys;
    if (mounts.length > 0) {
      throw new DriverError("conflict", `cannot remove "${name}": a container uses it`);
    }
    attempt(name, () => host.directory.remove(name));
  },

  path: ({ name }, host) => ({ mountpoint: pathOf(name, host) }),

  mount({ name, id, now }, host) {
    const mountpoint = pathOf(name, host);
    host.state.put(mountKey(name, id), now);
    return { mountpoint };
  },

  unmount({ name, id }, host) {
    host.state.delete(mountKey(name, id));
  },

  get: ({ name }, host) => ({ volume: { name, mountpoint: pathOf(name, host) } }),

  list(_request, host) {
    const names: string[] = [];
    for (let after: string | undefined = ""; after !== undefined;) {
      const page = host.directory.list(after === "" ? {} : { after });
      names.push(...page.names);
      after = page.next;
    }
    return { volumes: names.map((name) => ({ name })) };
  },
});

/** There is one for each container that uses a volume. */
function mountKey(name: string, id: string): string {
  return `mount/${name}/${id}`;
}

function pathOf(name: string, host: Host): string {
  return attempt(name, () => host.directory.path(name));
}

const CODES: Readonly<Record<string, DriverErrorCode>> = {
  "capability.not-found": "not-found",
  "capability.invalid": "invalid",
  "capability.denied": "denied",
  "capability.limit": "limit",
};

/** What the host refuses is an answer; it knows no folder of a name such as "../a", for one. */
function attempt<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CapabilityError)) throw error;
    const code = CODES[error.code] ?? "failed";
    const why = code === "not-found" ? "there is no such volume" : error.message;
    throw new DriverError(code, `cannot use "${name}": ${why}`);
  }
}
