import { faultKinds } from './faults';
import { amountText, html, page, type Html } from './html';
import type { PaymentIntent } from './objects';
import type { CheckoutSession } from './session-objects';
import type { StoredObject } from './store';
import type { WebhookSender } from './webhooks';

const shown = 50;

/** What the console shows, newest first. */
export interface ConsoleView {
  readonly payments: readonly StoredObject[];
  readonly sessions: readonly StoredObject[];
  readonly events: readonly StoredObject[];
  readonly faults: readonly { kind: string; times: number; hits: number; path?: string }[];
  readonly webhooks: ReturnType<WebhookSender['state']>;
  /** What was wrong with the last switch. */
  readonly problem: string | null;
}

/** The sandbox's own page for people who try things by hand: payments, events, fault switches. */
export function consolePage(view: ConsoleView) {
  const { counts, endpoints, faults: post } = view.webhooks;
  const tiles: [string, number][] = [
    ['payments', view.payments.length],
    ['events made', counts.events],
    ['delivered', counts.delivered],
    ['waiting', counts.pending],
    ['failed tries', counts.failed_deliveries],
    ['doubled', counts.doubled],
    ['reordered', counts.reordered],
    ['forged', counts.forged],
    ['forged, accepted', counts.forged_accepted],
  ];
  return page(
    'PSP sandbox',
    html`<main class="console">
      <h1>PSP sandbox<span class="test">TEST</span></h1>
      <p class="soft">
        Speaks Stripe's protocol; no money moves. Webhooks go to
        ${endpoints.length === 0 ? 'nobody yet' : endpoints.map(({ url }) => html`<code>${url}</code> `)}.
        <a href="/">Refresh</a>
      </p>
      ${view.problem === null ? '' : html`<p class="notice" role="alert">${view.problem}</p>`}
      <div class="tiles">${tiles.map(([label, value]) => html`<div><b>${value}</b><span>${label}</span></div>`)}</div>
      <h2>Make the next calls fail</h2>
      <form method="post" action="/console/fault">
        <div class="switches">
          <label
            >What<select name="kind">
              ${faultKinds.map((kind) => html`<option>${kind}</option>`)}
            </select></label
          >
          <label>How many calls<input type="text" name="times" value="1" inputmode="numeric" /></label>
          <label>Path begins with<input type="text" name="path" value="/v1/payment_intents" /></label>
          <button>Arm</button>
        </div>
      </form>
      ${view.faults.length === 0 ? '' : html`<p>${view.faults.map((fault) => html`<span class="status">${fault.kind}: ${fault.times} left, ${fault.hits} struck</span> `)} <form method="post" action="/console/calm"><button class="small quiet">Disarm all</button></form></p>`}
      <h2>Make the post unreliable</h2>
      <form method="post" action="/console/webhooks">
        <div class="switches">
          ${(['duplicate', 'reorder', 'delay', 'drop', 'forge', 'before_answer'] as const).map((name) => html`<label>${name.replace('_', ' ')} (0 to 1)<input type="text" name="${name}" value="${post[name]}" inputmode="decimal" /></label>`)}
          <button>Apply</button>
        </div>
      </form>
      <h2>Payments</h2>
      <div class="scroll">
        <table>
          <tr>
            <th>payment</th>
            <th>amount</th>
            <th>status</th>
            <th>payment order</th>
            <th></th>
          </tr>
          ${view.payments.slice(0, shown).map(({ value }) => paymentRow(value as PaymentIntent))}
        </table>
      </div>
      <h2>Payment pages</h2>
      <div class="scroll">
        <table>
          <tr>
            <th>page</th>
            <th>amount</th>
            <th>status</th>
            <th>checkout</th>
          </tr>
          ${view.sessions.slice(0, shown).map(({ value }) => sessionRow(value as CheckoutSession))}
        </table>
      </div>
      <h2>Events</h2>
      <div class="scroll">
        <table>
          <tr>
            <th>event</th>
            <th>type</th>
            <th>about</th>
            <th></th>
          </tr>
          ${view.events.slice(0, shown).map(({ value }) => {
            const about = (value['data'] as { object: { id: string } }).object.id;
            return html`<tr>
              <td><code>${value.id}</code></td>
              <td>${String(value['type'])}</td>
              <td><code>${about}</code></td>
              <td class="right">
                <form method="post" action="/console/resend/${value.id}">
                  <button class="small quiet">Send again</button>
                </form>
              </td>
            </tr>`;
          })}
        </table>
      </div>
    </main>`,
  );
}

const order = (metadata: Record<string, string>): Html => html`<code>${metadata['payment_order_id'] ?? ''}</code>`;

function paymentRow(intent: PaymentIntent): Html {
  const waits = intent.status === 'processing' || intent.status === 'requires_action';
  return html`<tr>
    <td><code>${intent.id}</code></td>
    <td>${amountText(intent.amount, intent.currency)}</td>
    <td><span class="status ${intent.status}">${intent.status}</span></td>
    <td>${order(intent.metadata)}</td>
    <td class="right">
      ${waits ? html`<form method="post" action="/console/finish/${intent.id}"><button class="small" name="outcome" value="succeeded">Succeed</button> <button class="small quiet" name="outcome" value="failed">Fail</button></form>` : ''}
    </td>
  </tr>`;
}

function sessionRow(session: CheckoutSession): Html {
  const amount =
    session.amount_total === null ? 'card only' : amountText(session.amount_total, session.currency ?? 'eur');
  const id =
    session.url === null
      ? html`<code>${session.id}</code>`
      : html`<a href="${session.url}"><code>${session.id}</code></a>`;
  return html`<tr>
    <td>${id}</td>
    <td>${amount}</td>
    <td><span class="status ${session.status}">${session.status}</span></td>
    <td><code>${(session['metadata'] as Record<string, string>)['checkout_id'] ?? ''}</code></td>
  </tr>`;
}
