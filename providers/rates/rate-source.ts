import type { RateSheet } from '../../domain/fx';

/** Where exchange rates come from: a central bank's file, a service. */
export interface RateSource {
  /** Kept with every rate, and shown to whoever asks where it is from. */
  readonly name: string;
  /**
   * The newest rates there are, perhaps of several days. Changes nothing anywhere: safe to repeat.
   *
   * @throws RatesUnreadable when nothing came, or what came is no such list
   */
  read(): Promise<RateSheet[]>;
}

/** Why no rates could be read, in words for ops. */
export class RatesUnreadable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RatesUnreadable';
  }
}
