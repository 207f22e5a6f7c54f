/** Who asked for something and why. Every act of a person or of the API carries it. */
export interface RequestedBy {
  readonly actor: string;
  readonly reason: string;
}
