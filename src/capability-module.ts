/** The module name under which guests import the functions of capabilities. */
export const CAPABILITY_MODULE = "extism:host/user";
