import { CniError, network } from "cofferdam/guest";

/** What the schema in plugin.json allows. */
interface Settings {
  readonly networks?: readonly string[];
}

/** A chained plugin: it makes nothing, and hands on what the plugins before it made. */
export default network<Settings>({
  add({ config, settings, prevResult }) {
    checkNetwork(config.name, settings);
    if (prevResult === undefined) {
      throw new CniError(7, "nothing to hand on", "this plugin stands behind one that attaches");
    }
    return prevResult;
  },

  check({ config, settings }) {
    checkNetwork(config.name, settings);
  },

  // Whoever may not join may always leave.
  del() {},
});

function checkNetwork(name: string, { networks = [] }: Settings): void {
  if (networks.includes(name)) return;
  throw new CniError(100, `no container may join the network "${name}"`);
}
