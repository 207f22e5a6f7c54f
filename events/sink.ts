import type { EventRecord } from '../prisma/event';

/** A receiver of all events. It gets each at least once, in the order they were kept, and is asked again when it throws. */
export interface Sink {
  /** Under which its place is remembered; never changes. */
  readonly name: string;
  take(events: readonly EventRecord[]): Promise<void>;
  /** Lets go of its connections. */
  close?(): Promise<void>;
}
