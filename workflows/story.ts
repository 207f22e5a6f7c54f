import { setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { OpsVerb, ProcessKind, Standing } from '../domain/process';
import { phaseQuery, standingQuery } from './messages';

/** What a verb wants to be told besides who and why. */
const alsoNeeded: Readonly<Partial<Record<OpsVerb, string>>> = {
  supply_outcome: '`"outcome": "succeeded", "psp_reference": "pi_…"`',
  resolve: '`"outcome": "psp_is_right"` or `"explained"`',
};

/**
 * How a process stands, for people: the text that the Temporal UI shows beside it, and the same as plain JSON for the queries `phase` and
 * `standing`. Says also what a person may do about it now. No commands: telling costs nothing, and changes nothing of a history.
 */
export class Story {
  private phase = 'starting';
  private says = '';
  private since = Date.now();

  /**
   * @param title what the process is about, in Markdown; asked for at each telling, as it may change
   * @param verbs what a person may tell it now
   */
  constructor(
    private readonly about: { readonly kind: ProcessKind; readonly id: string },
    private readonly title: () => string,
    private readonly verbs: () => readonly OpsVerb[] = () => [],
  ) {
    setHandler(phaseQuery, () => this.phase);
    setHandler(standingQuery, () => this.standing);
  }

  get standing(): Standing {
    const { kind, id } = this.about;
    const { phase, says } = this;
    return { kind, id, phase, says, since: new Date(this.since).toISOString(), verbs: this.verbs() };
  }

  tell(phase: string, says = ''): void {
    if (phase !== this.phase) this.since = Date.now();
    this.phase = phase;
    this.says = says;
    const verbs = this.verbs();
    const also = verbs.flatMap((verb) => {
      const more = alsoNeeded[verb];
      return more === undefined ? [] : [`\`${verb}\` takes ${more} as well.`];
    });
    setCurrentDetails(
      [
        `**${phase}**${says === '' ? '' : `: ${says}`}`,
        this.title(),
        ...(verbs.length === 0
          ? []
          : [
              `A person can send one of these updates now: ${verbs.map((verb) => `\`${verb}\``).join(', ')}`,
              'with `{"actor": "who you are", "reason": "why"}`',
              ...also,
            ]),
      ].join('\n\n'),
    );
  }
}
