/**
 * What a plugin may ask its host, as far as the kit's plugins need it. Only what is called becomes an
 * import, so only that has to stand in the manifest's `capabilities`.
 */
import { copyIn, copyOut } from "./extism";
import { Json } from "./json";
import { copyJson } from "./json-copy";
import { JsonWriter } from "./json-writer";

declare module "extism:host/user";

declare function directory_create(request: i64): i64;
declare function directory_list(request: i64): i64;
declare function directory_path(request: i64): i64;
declare function directory_remove(request: i64): i64;
declare function state_delete(request: i64): i64;
declare function state_get(request: i64): i64;
declare function state_list(request: i64): i64;
declare function state_put(request: i64): i64;
declare function delegate_add(request: i64): i64;
declare function delegate_del(request: i64): i64;
declare function delegate_check(request: i64): i64;

/** What the host answers: `ok`, or why it did not. */
export class HostAnswer {
  constructor(private readonly json: Json) {}

  /** Whether the host did it. */
  get isOk(): bool {
    return this.ok.exists;
  }

  get ok(): Json {
    return this.json.get("ok");
  }

  /** `capability.not-found`, `capability.denied`, …; empty where it was done. */
  get code(): string {
    return this.json.get("error").get("code").str();
  }

  /** For people; empty where it was done. */
  get message(): string {
    return this.json.get("error").get("message").str();
  }
}

function answer(block: i64): HostAnswer {
  return new HostAnswer(Json.parse(copyIn(block)));
}

function named(name: string): i64 {
  return copyOut(new JsonWriter().raw('{"name":').string(name).raw("}").bytes());
}

function keyed(key: string): i64 {
  return copyOut(new JsonWriter().raw('{"key":').string(key).raw("}").bytes());
}

/** Children of the one folder that the operator granted. */
export namespace directory {
  /** `{created}` */
  export function create(name: string): HostAnswer {
    return answer(directory_create(named(name)));
  }

  /** `{names, next?}`, from behind `after`; empty for the beginning. */
  export function list(after: string): HostAnswer {
    const out = new JsonWriter();
    if (after == "") out.raw("{}");
    else out.raw('{"after":').string(after).raw("}");
    return answer(directory_list(copyOut(out.bytes())));
  }

  /** `{path}` on the host. */
  export function path(name: string): HostAnswer {
    return answer(directory_path(named(name)));
  }

  export function remove(name: string): HostAnswer {
    return answer(directory_remove(named(name)));
  }
}

/** A key-value store that outlives the call. */
export namespace state {
  /** `{value}`: a string, or null for nothing. */
  export function get(key: string): HostAnswer {
    return answer(state_get(keyed(key)));
  }

  export function put(key: string, value: string): HostAnswer {
    const out = new JsonWriter().raw('{"key":').string(key).raw(',"value":').string(value);
    return answer(state_put(copyOut(out.raw("}").bytes())));
  }

  /** `{deleted}` */
  export function remove(key: string): HostAnswer {
    return answer(state_delete(keyed(key)));
  }

  /** `{keys, next?}` of those that begin with `prefix`. */
  export function list(prefix: string): HostAnswer {
    const out = new JsonWriter().raw('{"prefix":').string(prefix).raw("}");
    return answer(state_list(copyOut(out.bytes())));
  }
}

/** A container's place in a network, for a delegate. */
export class Attachment {
  constructor(
    readonly containerId: string,
    readonly netns: string,
    readonly ifname: string,
  ) {}
}

/** CNI plugins of granted types. */
export namespace delegate {
  /** `{result}` */
  export function add(type: string, config: Json, to: Attachment): HostAnswer {
    return answer(delegate_add(attached(type, config, to)));
  }

  export function del(type: string, config: Json, to: Attachment): HostAnswer {
    return answer(delegate_del(attached(type, config, to)));
  }

  export function check(type: string, config: Json, to: Attachment): HostAnswer {
    return answer(delegate_check(attached(type, config, to)));
  }

  function attached(type: string, config: Json, to: Attachment): i64 {
    const out = new JsonWriter().raw('{"type":').string(type).raw(',"config":');
    copyJson(config, out);
    out.raw(',"containerId":').string(to.containerId).raw(',"netns":').string(to.netns);
    out.raw(',"ifname":').string(to.ifname).raw("}");
    return copyOut(out.bytes());
  }
}
