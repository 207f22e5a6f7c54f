/** An entry of a bank statement. In above zero, minor units. */
export interface BankEntry {
  readonly entryId: string;
  readonly bankAccount: string;
  /** ISO 8601, such as 2026-11-20. */
  readonly bookedOn: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** All text that the bank gives with it: ids are looked for in it. */
  readonly reference: string;
  /** Whether it names the PSP: others are none of ours. */
  readonly isPsp: boolean;
}
