/** One call: who, what about, and the changes it makes, written together when it is done. */
export interface Call {
  readonly account: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly nowSeconds: number;
  readonly baseUrl: string;
  /** A decline ordered by a fault, in place of the card's own behaviour. */
  readonly orderedDecline?: { readonly declineCode: string; readonly adviceCode: string | undefined };
}
