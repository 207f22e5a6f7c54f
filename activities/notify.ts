import {
  kindRules,
  patienceOfUrgent,
  pauseBeforeTry,
  waysOf,
  type Channel,
  type NotificationKind,
  type NotificationState,
} from '../domain/notification';
import { addressHash, shownAddress, unsubscribeToken } from '../notifications/addresses';
import { chatWay } from '../notifications/chat';
import { renderMessage, type Message } from '../notifications/render';
import type { NotificationSettings } from '../notifications/settings';
import type { HandOver, Outcome } from '../notifications/way';
import {
  attemptsOf,
  beginAttempt,
  endAttempt,
  findBounce,
  findNotification,
  hasOptedOut,
  isToldAlready,
  noteBounce,
  noteHandingOver,
  recordNotification,
  type AttemptRecord,
  type NotificationKey,
  type NotificationRecord,
} from '../prisma/notification';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { gatherFacts, senderOf, type Addressee } from './notification-facts';

/** How a message stands after a try. */
export interface SentNotification {
  readonly state: NotificationState;
  /** Until the next step; null at the end. */
  readonly afterSeconds: number | null;
  /** For people: "email deferred: 450 4.2.0 …". */
  readonly what: string;
}

/**
 * Takes a message one step further: sends it once, by the first way that is left, or finds out that there is nothing to tell. A retry is
 * safe: each try is written down before it is made and once more before the other side can have it, so that a try of a process that has
 * died is made again only where nobody can have got it. What may have arrived is never sent again by the same way.
 */
export async function sendNotification(dependencies: Dependencies, key: NotificationKey): Promise<SentNotification> {
  const { events } = dependencies.databases;
  const notification = await findNotification(events, key);
  if (notification === undefined) return { state: 'unneeded', afterSeconds: null, what: 'not there' };
  if (notification.state !== 'pending')
    return { state: notification.state as NotificationState, afterSeconds: null, what: notification.reason ?? '' };
  const step = new Step(dependencies, notification);
  return step.take();
}

/** For so long nobody is told again of the same that is stuck again. */
const quietMs = 3_600_000;

/** A way that is open for a message, ready to be gone. */
interface Way {
  readonly channel: Channel;
  readonly shown: string;
  readonly hash: string;
  readonly send: (message: Message, handOver: HandOver) => Promise<Outcome>;
}

/** What ended a way: as the log has it, or that there was none. */
type Closed = 'no_address' | 'not_configured' | 'bounced' | 'opted_out';

class Step {
  private readonly kind: NotificationKind;
  private attempts: readonly AttemptRecord[] = [];

  constructor(
    private readonly dependencies: Dependencies,
    private readonly notification: NotificationRecord,
  ) {
    this.kind = notification.kind as NotificationKind;
  }

  private get events() {
    return this.dependencies.databases.events;
  }

  async take(): Promise<SentNotification> {
    const { notBefore } = this.notification;
    if (notBefore !== null && notBefore.getTime() > Date.now())
      return this.waits(Math.ceil((notBefore.getTime() - Date.now()) / 1_000), 'not yet');
    await this.readLog();
    const last = this.mine().at(-1);
    // It was sent, and the process died before it could say so.
    if (last?.state === 'delivered') return this.ends('delivered', null, last.channel as Channel);
    if (kindRules[this.kind].isRepeated && (await this.wasTold())) return this.ends('unneeded', 'told_already');
    const gathered = await gatherFacts(this.dependencies, this.kind, this.notification);
    switch (gathered.next) {
      case 'nothing':
        return this.ends('unneeded', gathered.reason);
      case 'wait':
        return this.waits(gathered.seconds, 'not yet');
      case 'tell':
        break;
    }
    const sender = await senderOf(this.dependencies, this.notification.merchantId);
    const closed: Closed[] = [];
    for (const channel of waysOf(this.kind)) {
      const way = await this.wayOf(channel, gathered.to, sender.merchant);
      if (typeof way === 'string') closed.push(way);
      else if (!this.isSpent(channel)) {
        const message = renderMessage(this.kind, gathered.facts, {
          merchant: sender.merchant,
          timeZone: sender.timeZone,
          locale: gathered.to.locale ?? sender.locale,
          unsubscribeUrl: this.unsubscribeUrl(way.hash),
        });
        return this.go(way, message);
      }
    }
    if (closed.includes('opted_out') && this.mine().length === 0) return this.ends('unneeded', 'opted_out');
    const why = this.whyFailed(closed);
    // A guest who left no address asked for no receipt; who has to act should have been reached.
    return this.ends(why === 'no_address' && kindRules[this.kind].optional ? 'unneeded' : 'failed', why);
  }

  /** Reads the log of tries, and ends those of a process that is gone: a new one is begun by nobody before that. */
  private async readLog(): Promise<void> {
    const { events, notification } = this;
    this.attempts = await attemptsOf(events, notification);
    const open = this.attempts.filter(({ state }) => state === 'sending' || state === 'handing_over');
    if (open.length === 0) return;
    for (const { attempt, state } of open) {
      if (state === 'sending')
        await endAttempt(events, notification, attempt, {
          from: 'sending',
          state: 'deferred',
          detail: 'the process ended before it was handed over',
        });
      // Also what was handed over between the two looks.
      await endAttempt(events, notification, attempt, {
        state: 'unknown',
        detail: 'the process ended after it was handed over',
      });
    }
    this.attempts = await attemptsOf(events, notification);
  }

  /** The tries since it was last begun. */
  private mine(): readonly AttemptRecord[] {
    return this.attempts.filter(({ start }) => start === this.notification.starts);
  }

  /** Of what is stuck again and again people are told now and then; of two messages at once the later one gives way. */
  private async wasTold(): Promise<boolean> {
    const { events, notification } = this;
    return (
      notification.starts === 1 &&
      this.mine().length === 0 &&
      (await isToldAlready(events, notification, new Date(Date.now() - quietMs)))
    );
  }

  private deferralsOf(channel: Channel): number {
    return this.mine().filter((attempt) => attempt.channel === channel && attempt.state === 'deferred').length;
  }

  private isSpent(channel: Channel): boolean {
    const tries = this.mine().filter((attempt) => attempt.channel === channel);
    if (tries.some(({ state }) => state === 'refused' || state === 'unknown')) return true;
    const deferrals = this.deferralsOf(channel);
    const isLast = waysOf(this.kind).at(-1) === channel;
    if (kindRules[this.kind].urgent && !isLast && deferrals >= patienceOfUrgent) return true;
    return deferrals > 0 && pauseBeforeTry(deferrals, 0) === undefined;
  }

  private whyFailed(closed: readonly Closed[]): string {
    const last = this.mine().at(-1);
    if (last !== undefined) return { refused: 'refused', unknown: 'outcome_unknown' }[last.state] ?? 'gave_up';
    return (['bounced', 'not_configured', 'no_address'] as const).find((why) => closed.includes(why)) ?? 'no_address';
  }

  private unsubscribeUrl(hash: string): string | null {
    const { notifications, webhooks } = this.dependencies;
    const { publicUrl = null } = notifications ?? {};
    if (publicUrl === null || !kindRules[this.kind].optional) return null;
    const { merchantId } = this.notification;
    const token = unsubscribeToken(webhooks.secretsKey, { merchantId, addressHash: hash, kind: this.kind });
    return `${publicUrl.replace(/\/+$/, '')}/unsubscribe?token=${token}`;
  }

  private async wayOf(channel: Channel, to: Addressee, merchant: string): Promise<Way | Closed> {
    const address = channel === 'push' ? (to.push?.endpoint ?? null) : to[channel];
    if (address === null) return 'no_address';
    const send = this.senderBy(channel, to, address, merchant);
    if (send === undefined) return 'not_configured';
    const { merchantId } = this.notification;
    const hash = addressHash(this.dependencies.webhooks.secretsKey, merchantId, channel, address);
    if ((await findBounce(this.events, merchantId, hash)) !== undefined) return 'bounced';
    if (kindRules[this.kind].optional && (await hasOptedOut(this.events, merchantId, hash, this.kind)))
      return 'opted_out';
    return { channel, shown: shownAddress(channel, address), hash, send };
  }

  private senderBy(channel: Channel, to: Addressee, address: string, merchant: string): Way['send'] | undefined {
    const { notifications = {} as Partial<NotificationSettings>, webhooks } = this.dependencies;
    const { sendEmail, sendSms, sendPush } = notifications;
    const { notificationId: id } = this.notification;
    switch (channel) {
      case 'email':
        return (
          sendEmail && ((message, handOver) => sendEmail({ ...message, id, fromName: merchant, to: address }, handOver))
        );
      case 'sms':
        return sendSms && ((message, handOver) => sendSms(address, message.short, handOver));
      case 'push': {
        const { push } = to;
        return (
          sendPush &&
          (push === null
            ? undefined
            : (message, handOver) => sendPush(push, { title: message.subject, url: message.url }, handOver))
        );
      }
      case 'chat':
        return (message, handOver) => chatWay(address, message.short, webhooks, handOver);
    }
  }

  private async go(way: Way, message: Message): Promise<SentNotification> {
    const { events, notification } = this;
    const { failpoint } = this.dependencies;
    const { notificationId } = notification;
    const attempt = (this.attempts.at(-1)?.attempt ?? 0) + 1;
    const { channel, shown } = way;
    if (!(await beginAttempt(events, notification, attempt, { start: notification.starts, channel, shown })))
      throw failure('StorageUnavailable', 'another process is at it');
    await failpoint('notification.before_send', notificationId);
    const outcome = await way.send(message, async () => {
      if (!(await noteHandingOver(events, notification, attempt))) throw new Error('another process has taken over');
      await failpoint('notification.handing_over', notificationId);
    });
    await failpoint('notification.after_send', notificationId);
    const { state, detail } = outcome;
    if (!(await endAttempt(events, notification, attempt, { state, detail })))
      throw failure('StorageUnavailable', 'another process has taken over');
    this.attempts = await attemptsOf(events, notification);
    if (state === 'delivered') return this.ends('delivered', null, channel);
    if (outcome.state === 'refused' && outcome.bounced)
      await noteBounce(events, { merchantId: notification.merchantId, addressHash: way.hash, shown, reason: detail });
    // Another way is tried at once, the same one later.
    const pause =
      state === 'deferred' && !this.isSpent(channel) ? pauseBeforeTry(this.deferralsOf(channel), Math.random()) : 0;
    return this.waits(pause ?? 0, `${channel} ${state}: ${detail}`);
  }

  private async waits(seconds: number, what: string): Promise<SentNotification> {
    await recordNotification(this.events, this.notification, {
      state: 'pending',
      reason: null,
      tries: this.mine().length,
      nextTryAt: new Date(Date.now() + seconds * 1_000),
    });
    return { state: 'pending', afterSeconds: seconds, what };
  }

  private async ends(
    state: Exclude<NotificationState, 'pending'>,
    reason: string | null,
    channel: Channel | null = null,
  ): Promise<SentNotification> {
    await recordNotification(this.events, this.notification, {
      state,
      reason,
      channel,
      tries: this.mine().length,
      nextTryAt: null,
    });
    return { state, afterSeconds: null, what: reason ?? channel ?? '' };
  }
}
