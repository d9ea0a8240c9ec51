/** Cofferdam's version; `npm run ok` keeps it in step with both manifests. */
export const VERSION = "0.1.0";
