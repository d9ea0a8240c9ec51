import { DriverError } from "cofferdam/guest";

/** `cfb-` for bridges, `cfv-` and `cfc-` for the ends of a pair: the host's and the container's. */
type Kind = "b" | "v" | "c";

/**
 * The name of an interface, by what Docker calls its network or endpoint: a person finds the one by the
 * other, and the operator's commands take no other names. It has the 15 letters that the kernel takes.
 */
export function linkName(kind: Kind, id: string): string {
  return `cf${kind}-${digits(id).slice(0, 11)}`;
}

/** A MAC address of nobody else's: one that is given by hand, and the beginning of the ID. */
export function macOf(id: string): string {
  return `02:${digits(id).slice(0, 10).match(/../g)!.join(":")}`;
}

function digits(id: string): string {
  if (/^[0-9a-f]{11,}$/.test(id)) return id;
  throw new DriverError("invalid", `"${id}" is no ID of Docker's: wanted hexadecimal digits`);
}

/** An ID as Docker shows it. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
