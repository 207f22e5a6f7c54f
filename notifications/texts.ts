import type { NotificationKind } from '../domain/notification';
import type { RequirementTopic } from '../domain/seller';
import type { FactsOf, Sum } from './facts';

/** How numbers and times are written for a reader. */
export interface Writer {
  readonly money: (sum: Sum) => string;
  readonly time: (moment: Date) => string;
  /** A calendar month given as `2027-02`. */
  readonly month: (month: string) => string;
  readonly list: (words: readonly string[]) => string;
}

/** What a message says, before it is laid out. */
export interface Wording {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly rows: readonly (readonly [label: string, value: string])[];
  readonly action: { readonly label: string; readonly url: string } | null;
}

/** From whom, and how it is written. */
export interface Context {
  readonly merchant: string;
  readonly write: Writer;
}

type KindTexts = { readonly [Kind in NotificationKind]: (facts: FactsOf[Kind], context: Context) => Wording };

interface Texts {
  readonly kinds: KindTexts;
  readonly unsubscribe: string;
  readonly from: (merchant: string) => string;
}

const words = (code: string): string => code.replaceAll('_', ' ');
const linkTo = (label: string, url: string | null): Wording['action'] => (url === null ? null : { label, url });
const totals = (facts: FactsOf['receipt'], { write }: Context): string => write.list(facts.totals.map(write.money));

const englishTopics: Readonly<Record<RequirementTopic, string>> = {
  bank_account: 'a bank account',
  identity_document: 'a document that says who you are',
  id_number: 'a tax or identity number',
  date_of_birth: 'your date of birth',
  address: 'your address',
  name: 'your name',
  terms: 'your consent to the terms',
  business: 'details of your business',
  contact: 'where you can be reached',
  other: 'further details',
};
const germanTopics: Readonly<Record<RequirementTopic, string>> = {
  bank_account: 'ein Bankkonto',
  identity_document: 'ein Ausweisdokument',
  id_number: 'eine Steuer- oder Ausweisnummer',
  date_of_birth: 'Ihr Geburtsdatum',
  address: 'Ihre Anschrift',
  name: 'Ihr Name',
  terms: 'Ihre Zustimmung zu den Bedingungen',
  business: 'Angaben zu Ihrem Unternehmen',
  contact: 'wo Sie zu erreichen sind',
  other: 'weitere Angaben',
};

const english: Texts = {
  kinds: {
    receipt: (facts, context) => ({
      subject: `Your receipt from ${context.merchant}: ${totals(facts, context)}`,
      paragraphs: [
        `Thank you. ${context.merchant} has received your payment of ${totals(facts, context)}.`,
        ...(facts.failed === 0
          ? []
          : [`${String(facts.failed)} of your orders could not be paid for, and nothing was taken for it.`]),
      ],
      rows: [
        ...facts.lines.map((line): [string, string] => [line.seller, context.write.money(line)]),
        ['Total', totals(facts, context)],
        ['Paid', context.write.time(facts.paidAt)],
        ['Reference', facts.checkoutId],
      ],
      action: null,
    }),
    refund: (facts, { merchant, write }) => ({
      subject: `Your refund from ${merchant}: ${write.money(facts)}`,
      paragraphs: [
        `${merchant} has given ${write.money(facts)} back to you, to the card that you paid with.`,
        'Your bank may take five to ten working days until you see it.',
      ],
      rows: [
        ['Refunded', write.money(facts)],
        ['Order', facts.paymentOrderId],
        ['Reference', facts.checkoutId],
      ],
      action: null,
    }),
    card_needed: (facts, { merchant, write }) => ({
      subject: `${merchant}: your payment of ${write.money(facts)} needs you`,
      paragraphs: [
        `Your bank has not let your payment of ${write.money(facts)} for ${facts.planName} through.`,
        'Please confirm it, or pay with another card.',
      ],
      rows: [['Due', write.money(facts)]],
      action: { label: 'Pay now', url: facts.actionUrl },
    }),
    payout_paid: (facts, { merchant, write }) => ({
      subject: `${merchant} has paid you ${write.money(facts)}`,
      paragraphs: [`${write.money(facts)} is on your account.`],
      rows: [
        ['Amount', write.money(facts)],
        ['Account', facts.account],
        ['Paid', write.time(facts.paidAt)],
        ['Payout', facts.payoutId],
      ],
      action: null,
    }),
    payout_failed: (facts, { merchant, write }) => ({
      subject: `${merchant} could not pay you ${write.money(facts)}`,
      paragraphs: [
        `A payout of ${write.money(facts)} has not arrived: ${words(facts.why)}. The money is in your balance again.`,
        `Please look whether the details of your account are right, and ask ${merchant} if they are.`,
      ],
      rows: [
        ['Amount', write.money(facts)],
        ['Account', facts.account],
        ['Payout', facts.payoutId],
      ],
      action: null,
    }),
    statement: (facts, { merchant, write }) => ({
      subject: `Your statement from ${merchant} for ${write.month(facts.month)}`,
      paragraphs: [`Your statement for ${write.month(facts.month)} is ready. ${merchant} shows it to you.`],
      rows: [['Currencies', write.list(facts.currencies)]],
      action: null,
    }),
    seller_requirements: (facts, { merchant, write }) => ({
      subject: facts.isStopped ? `${merchant}: your payouts are stopped` : `${merchant}: more is needed to pay you`,
      paragraphs: [
        facts.isStopped
          ? 'Your payouts are stopped until you have said what is still missing. What you earn stays in your balance.'
          : `Something is still missing so that ${merchant} can go on paying you.${facts.dueBy === null ? '' : ` Please say it by ${write.time(facts.dueBy)}: after that your payouts stop.`}`,
      ],
      rows: [['Missing', write.list(facts.topics.map((topic) => englishTopics[topic]))]],
      action: linkTo('Go on', facts.url),
    }),
    seller_suspended: (facts, { merchant, write }) => ({
      subject: `${merchant} has suspended you`,
      paragraphs: [
        `${merchant} has suspended you as a seller. Nothing new is sold in your name, and nothing is paid out. What you have earned stays in your balance.`,
        `Please ask ${merchant} why.`,
      ],
      rows: [['Since', write.time(facts.since)]],
      action: null,
    }),
    payout_account_changed: (facts, { merchant, write }) => ({
      subject: `${merchant}: your payouts go to another account now`,
      paragraphs: [
        'The account that your payouts go to was changed.',
        `If that was you, there is nothing to do: for ${String(facts.coolingHours)} hours nothing is paid out. If it was not you, tell ${merchant} at once.`,
      ],
      rows: [['Changed', write.time(facts.changedAt)]],
      action: null,
    }),
    needs_attention: (facts, { write }) => ({
      subject: `Needs attention: ${facts.what} ${facts.id} (${words(facts.why)})`,
      paragraphs: [`A ${facts.what} of ${write.money(facts.sum)} waits for a person: ${words(facts.why)}.`],
      rows: [
        ['What', `${facts.what} ${facts.id}`],
        ['Amount', write.money(facts.sum)],
        ['Why', words(facts.why)],
      ],
      action: linkTo('Open in Temporal', facts.url),
    }),
    dispute_opened: (facts, { write }) => ({
      subject: `Dispute over ${write.money(facts)}: ${words(facts.why)}`,
      paragraphs: [
        `A buyer disputes a payment of ${write.money(facts)}. Evidence is needed${facts.dueBy === null ? '' : ` by ${write.time(facts.dueBy)}`}.`,
      ],
      rows: disputeRows(facts, write, ['Dispute', 'Payment', 'Amount', 'Reason', 'Due by']),
      action: linkTo('Open in Temporal', facts.url),
    }),
    dispute_deadline: (facts, { write }) => ({
      subject: `Evidence is due soon: dispute over ${write.money(facts)}`,
      paragraphs: [
        `No evidence has been submitted yet for a dispute over ${write.money(facts)}.${facts.dueBy === null ? '' : ` After ${write.time(facts.dueBy)} it is lost.`}`,
      ],
      rows: disputeRows(facts, write, ['Dispute', 'Payment', 'Amount', 'Reason', 'Due by']),
      action: linkTo('Open in Temporal', facts.url),
    }),
    break_opened: (facts, { write }) => ({
      subject: `Break of ${facts.day}: ${words(facts.class)}`,
      paragraphs: [`Our book and the PSP disagree about ${facts.day}: ${words(facts.class)}.`],
      rows: [
        ['Break', facts.breakId],
        ['Ours', facts.ours === null ? 'nothing' : write.money(facts.ours)],
        ['PSP', facts.psp === null ? 'nothing' : write.money(facts.psp)],
      ],
      action: linkTo('Open in Temporal', facts.url),
    }),
  },
  unsubscribe: 'No more messages of this kind',
  from: (merchant) => `You get this because of your dealings with ${merchant}.`,
};

const reasons: Readonly<Record<string, string>> = {
  account_closed: 'das Konto ist geschlossen',
  outcome_unknown: 'der Ausgang ist unbekannt',
  fraudulent: 'betrügerisch',
};
const grund = (code: string): string => reasons[code] ?? words(code);
const vorgang = { payment: 'Zahlung', refund: 'Erstattung', payout: 'Auszahlung' } as const;

const german: Texts = {
  kinds: {
    receipt: (facts, context) => ({
      subject: `Ihre Quittung von ${context.merchant}: ${totals(facts, context)}`,
      paragraphs: [
        `Vielen Dank. ${context.merchant} hat Ihre Zahlung über ${totals(facts, context)} erhalten.`,
        ...(facts.failed === 0
          ? []
          : [`${String(facts.failed)} Ihrer Bestellungen konnten nicht bezahlt werden; dafür wurde nichts abgebucht.`]),
      ],
      rows: [
        ...facts.lines.map((line): [string, string] => [line.seller, context.write.money(line)]),
        ['Summe', totals(facts, context)],
        ['Bezahlt', context.write.time(facts.paidAt)],
        ['Kennung', facts.checkoutId],
      ],
      action: null,
    }),
    refund: (facts, { merchant, write }) => ({
      subject: `Ihre Erstattung von ${merchant}: ${write.money(facts)}`,
      paragraphs: [
        `${merchant} hat Ihnen ${write.money(facts)} auf die Karte erstattet, mit der Sie bezahlt haben.`,
        'Bis Ihre Bank den Betrag zeigt, können fünf bis zehn Werktage vergehen.',
      ],
      rows: [
        ['Erstattet', write.money(facts)],
        ['Bestellung', facts.paymentOrderId],
        ['Kennung', facts.checkoutId],
      ],
      action: null,
    }),
    card_needed: (facts, { merchant, write }) => ({
      subject: `${merchant}: Ihre Zahlung über ${write.money(facts)} braucht Sie`,
      paragraphs: [
        `Ihre Bank hat die Zahlung über ${write.money(facts)} für ${facts.planName} nicht durchgelassen.`,
        'Bitte bestätigen Sie sie, oder bezahlen Sie mit einer anderen Karte.',
      ],
      rows: [['Fällig', write.money(facts)]],
      action: { label: 'Jetzt bezahlen', url: facts.actionUrl },
    }),
    payout_paid: (facts, { merchant, write }) => ({
      subject: `${merchant} hat Ihnen ${write.money(facts)} ausgezahlt`,
      paragraphs: [`${write.money(facts)} sind auf Ihrem Konto.`],
      rows: [
        ['Betrag', write.money(facts)],
        ['Konto', facts.account],
        ['Ausgezahlt', write.time(facts.paidAt)],
        ['Auszahlung', facts.payoutId],
      ],
      action: null,
    }),
    payout_failed: (facts, { merchant, write }) => ({
      subject: `${merchant} konnte Ihnen ${write.money(facts)} nicht auszahlen`,
      paragraphs: [
        `Eine Auszahlung über ${write.money(facts)} ist nicht angekommen: ${grund(facts.why)}. Das Geld ist wieder in Ihrem Guthaben.`,
        `Bitte prüfen Sie die Angaben zu Ihrem Konto, und fragen Sie ${merchant}, wenn sie stimmen.`,
      ],
      rows: [
        ['Betrag', write.money(facts)],
        ['Konto', facts.account],
        ['Auszahlung', facts.payoutId],
      ],
      action: null,
    }),
    statement: (facts, { merchant, write }) => ({
      subject: `Ihre Abrechnung von ${merchant} für ${write.month(facts.month)}`,
      paragraphs: [`Ihre Abrechnung für ${write.month(facts.month)} ist fertig. ${merchant} zeigt sie Ihnen.`],
      rows: [['Währungen', write.list(facts.currencies)]],
      action: null,
    }),
    seller_requirements: (facts, { merchant, write }) => ({
      subject: facts.isStopped
        ? `${merchant}: Ihre Auszahlungen sind angehalten`
        : `${merchant}: Für Ihre Auszahlungen fehlt noch etwas`,
      paragraphs: [
        facts.isStopped
          ? 'Ihre Auszahlungen sind angehalten, bis Sie die fehlenden Angaben gemacht haben. Was Sie einnehmen, bleibt in Ihrem Guthaben.'
          : `Damit ${merchant} Sie weiter auszahlen kann, fehlt noch etwas.${facts.dueBy === null ? '' : ` Bitte ergänzen Sie es bis ${write.time(facts.dueBy)}: Danach ruhen Ihre Auszahlungen.`}`,
      ],
      rows: [['Es fehlt', write.list(facts.topics.map((topic) => germanTopics[topic]))]],
      action: linkTo('Weiter', facts.url),
    }),
    seller_suspended: (facts, { merchant, write }) => ({
      subject: `${merchant} hat Sie gesperrt`,
      paragraphs: [
        `${merchant} hat Sie als Verkäufer gesperrt. In Ihrem Namen wird nichts mehr verkauft, und nichts wird ausgezahlt. Was Sie eingenommen haben, bleibt in Ihrem Guthaben.`,
        `Bitte fragen Sie ${merchant} nach dem Grund.`,
      ],
      rows: [['Seit', write.time(facts.since)]],
      action: null,
    }),
    payout_account_changed: (facts, { merchant, write }) => ({
      subject: `${merchant}: Ihre Auszahlungen gehen auf ein anderes Konto`,
      paragraphs: [
        'Das Konto, auf das Ihre Auszahlungen gehen, wurde geändert.',
        `Wenn Sie das waren, ist nichts zu tun: ${String(facts.coolingHours)} Stunden lang wird nichts ausgezahlt. Wenn nicht, sagen Sie es ${merchant} sofort.`,
      ],
      rows: [['Geändert', write.time(facts.changedAt)]],
      action: null,
    }),
    needs_attention: (facts, { write }) => ({
      subject: `Braucht jemanden: ${vorgang[facts.what]} ${facts.id} (${grund(facts.why)})`,
      paragraphs: [
        `${vorgang[facts.what]} über ${write.money(facts.sum)} wartet auf einen Menschen: ${grund(facts.why)}.`,
      ],
      rows: [
        ['Was', `${vorgang[facts.what]} ${facts.id}`],
        ['Betrag', write.money(facts.sum)],
        ['Warum', grund(facts.why)],
      ],
      action: linkTo('In Temporal öffnen', facts.url),
    }),
    dispute_opened: (facts, { write }) => ({
      subject: `Reklamation über ${write.money(facts)}: ${grund(facts.why)}`,
      paragraphs: [
        `Ein Käufer reklamiert eine Zahlung über ${write.money(facts)}. Belege werden gebraucht${facts.dueBy === null ? '' : ` bis ${write.time(facts.dueBy)}`}.`,
      ],
      rows: disputeRows(facts, write, ['Reklamation', 'Zahlung', 'Betrag', 'Grund', 'Frist']),
      action: linkTo('In Temporal öffnen', facts.url),
    }),
    dispute_deadline: (facts, { write }) => ({
      subject: `Belege bald fällig: Reklamation über ${write.money(facts)}`,
      paragraphs: [
        `Für eine Reklamation über ${write.money(facts)} sind noch keine Belege eingereicht.${facts.dueBy === null ? '' : ` Nach ${write.time(facts.dueBy)} ist sie verloren.`}`,
      ],
      rows: disputeRows(facts, write, ['Reklamation', 'Zahlung', 'Betrag', 'Grund', 'Frist']),
      action: linkTo('In Temporal öffnen', facts.url),
    }),
    break_opened: (facts, { write }) => ({
      subject: `Abweichung vom ${facts.day}: ${words(facts.class)}`,
      paragraphs: [`Unser Buch und der Zahlungsdienst sind über den ${facts.day} uneins: ${words(facts.class)}.`],
      rows: [
        ['Abweichung', facts.breakId],
        ['Wir', facts.ours === null ? 'nichts' : write.money(facts.ours)],
        ['Zahlungsdienst', facts.psp === null ? 'nichts' : write.money(facts.psp)],
      ],
      action: linkTo('In Temporal öffnen', facts.url),
    }),
  },
  unsubscribe: 'Keine Nachrichten dieser Art mehr',
  from: (merchant) => `Sie erhalten dies, weil Sie mit ${merchant} zu tun haben.`,
};

function disputeRows(
  facts: FactsOf['dispute_opened'],
  write: Writer,
  labels: readonly [string, string, string, string, string],
): [string, string][] {
  const [dispute, payment, amount, reason, due] = labels;
  return [
    [dispute, facts.disputeId],
    [payment, facts.paymentOrderId],
    [amount, write.money(facts)],
    [reason, words(facts.why)],
    ...(facts.dueBy === null ? [] : [[due, write.time(facts.dueBy)] as [string, string]]),
  ];
}

const languages: Readonly<Record<string, Texts>> = { en: english, de: german };

/** The texts in a reader's language, in English where nobody has written them in it. */
export const textsFor = (locale: string): Texts => languages[locale.split('-')[0]?.toLowerCase() ?? ''] ?? english;
