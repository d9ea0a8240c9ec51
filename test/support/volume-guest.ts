import { answeringEach } from "./guest.ts";

/** What a manifest says of a volume driver. */
export const VOLUME: { readonly implements: readonly object[] } = {
  implements: [{ contract: "volume", version: 1 }],
};

const ANSWERS: Readonly<Record<string, string>> = {
  volume_create: "{}",
  volume_remove: "{}",
  volume_path: "{}",
  volume_mount: '{"mountpoint":"/srv/a"}',
  volume_unmount: "{}",
  volume_get: '{"volume":{"name":"a"}}',
  volume_list: '{"volumes":[]}',
};

/**
 * A volume driver with nothing in it.
 *
 * @param answers What it answers at other entry points, or otherwise.
 * @param code What entry points do instead of answering: instructions that leave an `i32`.
 */
export function volumeGuest(
  answers: Readonly<Record<string, string>> = {},
  code: Readonly<Record<string, string>> = {},
): string {
  const answered = Object.entries({ ...ANSWERS, ...answers }).filter(([entry]) => !(entry in code));
  const functions = Object.entries(code).map(([entry, body]) =>
    `(func (export "${entry}") (result i32) ${body})`
  );
  return answeringEach(Object.fromEntries(answered)).replace(/\)$/, `${functions.join("")})`);
}

/** Code that never ends. */
export const LOOP = "(loop $l (br $l)) (i32.const 0)";
