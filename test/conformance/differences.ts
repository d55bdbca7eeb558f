// Where Cyclix and the oracle may differ, each with its reason. `adapt` makes of the oracle's output what is right here.

export interface Difference {
  readonly reason: string;
  adapt(output: string): string;
}

export const differences: Readonly<Record<string, Difference>> = {};
