import { CONFIG, judgeCreate, judgeExec, judgeHostConfig } from "./container.ts";
import { fields, type Judge, structure } from "./fields.ts";
import { judgeConnect, judgeNetworkCreate } from "./network.ts";
import { SECRET } from "./secret.ts";
import { judgeService } from "./service.ts";
import { judgeVolumeCreate } from "./volume.ts";

/** How the bodies of calls are judged. */
export const BODIES = {
  /** Of a call that has none: what stands there all the same, somebody may read one day. */
  none: structure(fields("")),
  /** Of who logs in to a registry. */
  account: structure(
    fields("username password auth email serveraddress identitytoken registrytoken"),
  ),
  container: judgeCreate,
  /** What a container is without what it gets of its host. */
  config: structure(CONFIG),
  update: judgeHostConfig,
  exec: judgeExec,
  "exec-start": structure(fields("Detach Tty ConsoleSize")),
  volume: judgeVolumeCreate,
  network: judgeNetworkCreate,
  connect: judgeConnect,
  service: judgeService,
  secret: structure(SECRET),
} as const satisfies Readonly<Record<string, Judge>>;
