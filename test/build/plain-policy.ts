/** The first line of a policy. */
export const IMPORT = 'import { admission } from "cofferdam/guest";\n';

/** A policy that allows everything. */
export const PLAIN: string =
  `${IMPORT}export default admission(() => ({ allowed: true, reasons: [] }));\n`;
