/** An error's own words on one line. */
export const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim().replace(/\.$/, '');

/** A part that can't start: one clear sentence of what and why, and one of what to do. */
export class StartupError extends Error {
  constructor(
    readonly part: string,
    readonly why: string,
    readonly whatToDo: string,
  ) {
    super(`${part} can't start: ${why} ${whatToDo}`);
    this.name = 'StartupError';
  }
}
