import * as v from "valibot";

/** @see libcni, pkg/utils/utils.go */
export const ContainerIdSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "Invalid containerId"),
  v.maxLength(253, "Invalid containerId: it is too long"),
);

/** At most 15 bytes; no path, no white space as Go or JavaScript have it, no control. */
export const IfnameSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.regex(/^(?!\.{1,2}$)[^/:\s\p{C}]+$/u, "Invalid ifname"),
  v.maxBytes(15, "Invalid ifname: it has more than 15 bytes"),
);

/** The path of a network namespace. */
export const NetnsSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  // Each step is named, so that a path lies where its beginning says.
  v.regex(
    /^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{C}]+)+$/u,
    "Invalid netns: Expected a plain absolute path",
  ),
  v.maxLength(4_095, "Invalid netns: it is too long"),
);

/** CNI_ARGS: `K=V;K=V`, or nothing. */
export const CniArgsSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.regex(
    /^(?:[^=;\p{C}]+=[^;\p{C}]*(?:;[^=;\p{C}]+=[^;\p{C}]*)*)?$/u,
    "Invalid args: Expected K=V;K=V",
  ),
  v.maxLength(4_096, "Invalid args: they are too long"),
);
