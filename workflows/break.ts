import {
  allHandlersFinished,
  CancellationScope,
  condition,
  log,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities, CaseStanding } from '../activities';
import { breakOutcomes, nextCaseReminder, type BreakOutcome } from '../domain/reconciliation';
import type { RequestedBy } from '../domain/requested-by';
import { patientStorage } from './activities';
import { resolveUpdate, reviewSignal, type BreakInput } from './messages';
import { checkActor, refused } from './person';
import { Story } from './story';

/** Work over a whole account, or at the PSP: it may take long, and is tried until it works. */
const { compareAgain, remedyBreak, settleCase } = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '5 minutes' },
});

/** What was told has so long to show before a person is called. */
const mendingMs = 600_000;

/**
 * One mismatch as a case: what can safely be done about it is done at once, and until it is settled people are reminded of it. It
 * ends when both sides agree, or when a person has said what becomes of it. A cancel changes nothing: the money differs all the same.
 */
export async function breakWorkflow(input: BreakInput): Promise<{ state: string }> {
  return CancellationScope.nonCancellable(() => new Case(input).run());
}

class Case {
  private readonly key: { merchantId: string; breakId: string };
  private news = 0;
  private readonly story: Story;
  private standing: CaseStanding | undefined;
  private attention = false;

  constructor(private readonly input: BreakInput) {
    this.key = { merchantId: input.merchantId, breakId: input.breakId };
    setHandler(reviewSignal, () => void (this.news += 1));
    this.story = new Story(
      { kind: 'break', id: input.breakId },
      () => this.title,
      () => (this.standing?.state === 'open' ? ['resolve'] : []),
    );
    setHandler(resolveUpdate, (by) => this.resolve(by), { validator: checkWord });
  }

  async run(): Promise<{ state: string }> {
    let standing = await patientStorage.openCase(this.key);
    if (standing.state === 'open' && standing.treatment === 'auto' && standing.remedy === null) {
      this.tell('mending', standing);
      await remedyBreak(this.key);
      standing = await patientStorage.openCase(this.key);
    }
    standing = await this.follow(standing);
    if (standing.state === 'resolved' && standing.outcome === 'psp_is_right') {
      this.tell('booking what was decided', standing);
      await settleCase(this.key);
    }
    this.callPerson(undefined);
    this.tell(standing.state, standing);
    await condition(allHandlersFinished);
    return { state: standing.state };
  }

  private async follow(first: CaseStanding): Promise<CaseStanding> {
    let standing = first;
    if (mayStillMend(standing)) {
      const seen = this.news;
      this.tell('waiting for what was told', standing);
      const told = await condition(() => this.news > seen, mendingMs, { summary: 'what was told has so long to show' });
      if (!told) await compareAgain(this.key);
      standing = await patientStorage.openCase(this.key);
    }
    while (standing.state === 'open') {
      const seen = this.news;
      const { atMs, overdue } = nextCaseReminder(Date.parse(standing.dueAt), standing.reminders);
      this.callPerson(standing.reminders > 1 ? 'overdue' : 'open');
      this.tell(standing.reminders > 1 ? 'overdue' : 'open', standing);
      const waitMs = atMs - Date.now();
      if (
        waitMs <= 0 ||
        !(await condition(() => this.news > seen, waitMs, { summary: 'people are reminded after this' }))
      ) {
        log.warn(overdue ? 'a break is overdue' : 'a break is due soon', { ...this.input, dueAt: standing.dueAt });
        await patientStorage.remindOfCase({ ...this.key, given: standing.reminders + 1, overdue });
      }
      standing = await patientStorage.openCase(this.key);
    }
    return standing;
  }

  /** By the Temporal UI, the command line or code: the row is the truth, and a restart reads it. */
  private async resolve(by: RequestedBy & { readonly outcome?: string }): Promise<string> {
    const { actor, reason, outcome = 'explained' } = by;
    const { settled, message } = await patientStorage.resolveCase({
      ...this.key,
      by: { actor, reason },
      outcome: outcome as BreakOutcome,
    });
    if (settled) this.news += 1;
    return message;
  }

  private callPerson(phase: 'open' | 'overdue' | undefined): void {
    if (phase === undefined && !this.attention) return;
    upsertSearchAttributes({
      Phase: phase === undefined ? [] : [phase],
      NeedsAttention: phase === undefined ? [] : [true],
    });
    this.attention = phase !== undefined;
  }

  private tell(step: string, standing: CaseStanding): void {
    this.standing = standing;
    this.story.tell(step, standing.class.replaceAll('_', ' '));
  }

  private get title(): string {
    const { key, paymentOrderId } = this.input;
    const { note = null, dueAt = '' } = this.standing ?? {};
    return [
      `\`${key}\`, due ${dueAt}`,
      ...(paymentOrderId === null ? [] : [`payment order \`${paymentOrderId}\``]),
      ...(note === null ? [] : [note]),
    ].join('\n\n');
  }
}

const mayStillMend = ({ state, remedy }: CaseStanding): boolean =>
  state === 'open' && (remedy === 'told' || remedy === 'booked_fee');

function checkWord(by: (RequestedBy & { readonly outcome?: string }) | undefined): void {
  checkActor(by);
  if (by?.outcome !== undefined && !(breakOutcomes as readonly string[]).includes(by.outcome))
    throw refused(`outcome must be one of: ${breakOutcomes.join(', ')}`);
}
