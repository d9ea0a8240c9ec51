import { type GoPrograms, goPrograms } from "../../support/go-programs.ts";

const LUCI = "go.chromium.org/luci/cipd/client";

type Tool = "driver" | "repository" | "cipd" | "example";

const PROGRAMS: GoPrograms<Tool> = goPrograms("cipd", {
  driver: "./driver",
  repository: "./repository",
  cipd: `${LUCI}/cmd/cipd`,
  example: `${LUCI}/cipd/plugin/plugins/admission/example`,
});

/** The path of a program that {@link buildTools} has built. */
export const tool: (name: Tool) => string = PROGRAMS.path;

/** Builds the programs. @returns Why there are none; undefined where they are there. */
export const buildTools: () => Promise<string | undefined> = PROGRAMS.build;
