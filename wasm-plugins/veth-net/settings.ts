/** What an operator says, as the schema in `plugin.json` has it. */
export interface Settings {
  readonly interfacePrefix?: string;
  readonly mtu?: number;
}
