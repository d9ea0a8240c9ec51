import { type Fields, fields } from "./fields.ts";

/**
 * Of a secret or a config of the swarm.
 *
 * @see moby, api/types/swarm, SecretSpec and ConfigSpec
 */
export const SECRET: Fields = fields("Name Labels Data", {
  Driver: (place) => {
    if (!place.isEmpty) place.deny("swarm", "Secrets that a plugin gives out are not allowed.");
  },
  Templating: (place) => {
    if (place.isEmpty) return;
    place.deny("template", "A template is not allowed here: nobody sees what Swarm makes of it.");
  },
});
