import { isObject } from "../shared/json.ts";
import { quote } from "../shared/quote.ts";
import { judgeCapabilities, judgeLogDriver, judgeSysctls } from "./container.ts";
import { type Fields, fields, type Judge, judgeFields, listOf, structure } from "./fields.ts";
import { judgeImage } from "./image.ts";
import { judgeMount } from "./mount.ts";
import { judgeServiceNetwork } from "./network.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** Judges the body of a service that is to be made or changed. */
export function judgeService(place: Place, settings: Settings): void {
  if (!place.isObject()) return place.malformed("a service's configuration");
  judgeFields(place, SERVICE, settings);
  const container = place.get("TaskTemplate").get("ContainerSpec");
  if (!container.isObject()) return container.malformed("the container of a service");
  judgeImage(container.get("Image"), settings);
}

const nothing = (message: string): Judge => (place) => {
  if (!place.isEmpty) place.deny("swarm", message);
};

/** A mode of the container's security, which may only be the default. */
const DEFAULT_MODE: Judge = structure(fields("", {
  Mode: (mode) => {
    const word = mode.text();
    if (word === "" || word === "default") return;
    mode.deny("security-option", `The security mode ${quote(word)} is not allowed.`);
  },
}));

/**
 * Swarm fills templates in only once the service is made: what is judged would not be what counts.
 *
 * @see github.com/moby/swarmkit, template/expand.go
 */
function judgeTemplates(place: Place): void {
  const { value } = place;
  if (typeof value === "string" && value.includes("{{")) {
    place.deny("template", "A template is not allowed here: nobody sees what Swarm makes of it.");
  } else if (Array.isArray(value)) {
    for (const item of place.list()) judgeTemplates(item);
  } else if (isObject(value)) {
    for (const [key, member] of place.members()) {
      if (key.includes("{{")) member.deny("template", "A template is not allowed as a name.");
      judgeTemplates(member);
    }
  }
}

const FILE: Judge = structure(fields("Name UID GID Mode"));

const CONTAINER: Fields = fields(
  "Image Labels Command Args Env Dir User Groups TTY OpenStdin ReadOnly StopSignal " +
    "StopGracePeriod Hosts Isolation Init CapabilityDrop",
  {
    HealthCheck: structure(
      fields("Test Interval Timeout Retries StartPeriod StartInterval"),
    ),
    DNSConfig: structure(fields("Nameservers Search Options")),
    Secrets: listOf(fields("SecretID SecretName", { File: FILE })),
    Configs: listOf(
      fields("ConfigID ConfigName", { File: FILE, Runtime: structure(fields("")) }),
    ),
    Ulimits: listOf(fields("Name Soft Hard")),
    Hostname: judgeTemplates,
    Mounts: (place, settings) => {
      judgeTemplates(place);
      place.list().forEach((item) => judgeMount(item, settings));
    },
    CapabilityAdd: judgeCapabilities,
    Sysctls: judgeSysctls,
    OomScoreAdj: (place) => {
      if (typeof place.value === "number" && place.value >= 0) return;
      place.deny("runtime-option", "No container may be kept from being ended for want of memory.");
    },
    Privileges: structure(
      fields("NoNewPrivileges", {
        CredentialSpec: (spec) => {
          if (spec.isEmpty) return;
          spec.deny("security-option", "Credentials of Windows are not allowed.");
        },
        SELinuxContext: (context) => {
          if (context.isEmpty) return;
          context.deny("security-option", "A context of SELinux is not allowed.");
        },
        Seccomp: DEFAULT_MODE,
        AppArmor: DEFAULT_MODE,
      }),
    ),
  },
);

const networks: Judge = (place, settings) => {
  for (const item of place.list()) {
    judgeServiceNetwork(item, settings);
  }
};

const AMOUNT: Judge = structure(fields("Kind Value"));

const AMOUNTS: Judge = structure(fields("NanoCPUs MemoryBytes Pids", {
  GenericResources: listOf(
    fields("", { NamedResourceSpec: AMOUNT, DiscreteResourceSpec: AMOUNT }),
  ),
}));

const TASK: Fields = fields("ForceUpdate", {
  ContainerSpec: structure(CONTAINER),
  Networks: networks,
  Resources: structure(
    fields("SwapBytes MemorySwappiness", { Limits: AMOUNTS, Reservations: AMOUNTS }),
  ),
  RestartPolicy: structure(fields("Condition Delay MaxAttempts Window")),
  Placement: structure(fields("Constraints MaxReplicas", {
    Preferences: listOf(fields("", { Spread: structure(fields("SpreadDescriptor")) })),
    Platforms: listOf(fields("Architecture OS")),
  })),
  LogDriver: structure(fields("Options", { Name: judgeLogDriver })),
  Runtime: (place) => {
    const word = place.text();
    if (word === "" || word === "container") return;
    place.deny("swarm", `Services of the runtime ${quote(word)} are not allowed.`);
  },
  PluginSpec: nothing("Services that install plugins are not allowed."),
  NetworkAttachmentSpec: nothing("Attachments of networks are not allowed."),
});

const UPDATE: Judge = structure(
  fields("Parallelism Delay FailureAction Monitor MaxFailureRatio Order"),
);

/** @see moby, api/types/swarm */
const SERVICE: Fields = fields("Name Labels", {
  TaskTemplate: structure(TASK),
  Networks: networks,
  Mode: structure(fields("", {
    Replicated: structure(fields("Replicas")),
    Global: structure(fields("")),
    ReplicatedJob: structure(fields("MaxConcurrent TotalCompletions")),
    GlobalJob: structure(fields("")),
  })),
  UpdateConfig: UPDATE,
  RollbackConfig: UPDATE,
  EndpointSpec: structure(fields("Mode", {
    Ports: listOf(fields("Name Protocol TargetPort PublishedPort PublishMode")),
  })),
});
