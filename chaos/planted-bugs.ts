/** A defect as somebody could make it, and what must notice. */
export interface PlantedBug {
  readonly name: string;
  /** In each file the first text occurs once, and gives way to the second. */
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** The gaps that bring it to light, which are then struck often. */
  readonly gaps?: readonly string[];
  /** A load that brings it to light, as options of the kill matrix. */
  readonly load?: readonly string[];
  /** The invariants that may be the first to notice. */
  readonly noticedBy: readonly string[];
}

const money = 'prisma/migrations/20261123000000_money_back_and_out/migration.sql';

/** Each must be noticed by a run of the kill matrix: `npm run chaos:planted`. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'the idempotency key has chance in it',
    edits: [
      {
        file: 'providers/idempotency-key.ts',
        from: "update(parts.join(':'))",
        to: "update(`${parts.join(':')}${String(Math.random())}`)",
      },
    ],
    gaps: ['charge', 'authorize', 'transfer'],
    noticedBy: ['V2', 'V8', 'V9', 'V11'],
  },
  {
    name: 'the idempotency key counts the sends of one attempt',
    edits: [
      {
        file: 'activities/pay.ts',
        from: ': send(provider, operation, identity, buyer, begun);',
        to: ': send(provider, operation, { ...identity, attempt: identity.attempt * 100 + begun.sends }, buyer, begun);',
      },
    ],
    gaps: ['charge', 'authorize'],
    noticedBy: ['V2', 'V8', 'V9'],
  },
  {
    name: 'a wallet moves again when its step is run again',
    edits: [
      {
        file: 'prisma/migrations/20261121000000_first_checkout/migration.sql',
        from: "        USING ERRCODE = 'integrity_constraint_violation';\n    END IF;\n    RETURN false;\n  END IF;\n  -- Upsert in two steps",
        to: "        USING ERRCODE = 'integrity_constraint_violation';\n    END IF;\n  END IF;\n  -- Upsert in two steps",
      },
    ],
    gaps: ['wallet', 'bookCapture'],
    noticedBy: ['V3'],
  },
  {
    name: 'the ledger posts again when its step is run again',
    edits: [
      {
        file: 'prisma/ledger.ts',
        from: 'leg: input.kind,',
        to: 'leg: `${input.kind}${String(Date.now())}`,',
      },
    ],
    gaps: ['ledger', 'bookCapture'],
    noticedBy: ['V2', 'V3'],
  },
  {
    name: 'some postings to the ledger are left out',
    edits: [
      {
        file: 'activities/book.ts',
        from: 'else await appendTransaction(databases.ledger, { ...fixed(input, kind), effectiveAt: new Date(input.effectiveAt) });',
        to: 'else if (input.paymentOrderId.charCodeAt(input.paymentOrderId.length - 4) % 5 !== 0)\n    await appendTransaction(databases.ledger, { ...fixed(input, kind), effectiveAt: new Date(input.effectiveAt) });',
      },
    ],
    noticedBy: ['V2', 'V3'],
  },
  {
    name: 'a compensation is registered after its step',
    edits: [
      {
        file: 'workflows/payment-order.ts',
        from: "    this.saga.register('give the money back', () => this.giveBack());\n    const paid = await this.collect();\n    if (paid !== 'captured') return paid;\n",
        to: "    const paid = await this.collect();\n    if (paid !== 'captured') return paid;\n    this.saga.register('give the money back', () => this.giveBack());\n",
      },
    ],
    gaps: ['authorize'],
    noticedBy: ['V8', 'V2'],
  },
  {
    name: 'an unknown outcome is taken for a decline',
    edits: [
      {
        file: 'activities/pay.ts',
        from: '  if (!withoutEffect.includes(problem)) throw error;\n',
        to: "  if (problem === 'outcome_unknown')\n    return { outcome: 'rejected', code: 'unknown', message: 'no answer' } as never;\n  if (!withoutEffect.includes(problem)) throw error;\n",
      },
    ],
    load: ['--psp-share', '0.6', '--psp-kinds', 'error_after_effect'],
    noticedBy: ['V6', 'V8', 'V2'],
  },
  {
    name: 'an unknown outcome is taken for a success',
    edits: [
      {
        file: 'activities/refund.ts',
        from: '? await send(dependencies, provider, refund, identity, reference) : found;',
        to: "? await send(dependencies, provider, refund, identity, reference).catch(\n          (): RefundOutcome => ({ outcome: 'refunded', reference: `re_${refund.refundId}`, pending: false }),\n        )\n      : found;",
      },
    ],
    gaps: ['refund'],
    load: ['--psp-share', '0.5', '--psp-kinds', 'error_before_effect', '--refund-share', '0.9'],
    noticedBy: ['V2', 'V6', 'V9', 'V11'],
  },
  {
    name: 'two refunds at once are not held apart by a lock',
    edits: [
      {
        file: money,
        from: '  WHERE merchant_id = in_merchant_id AND payment_order_id = in_payment_order_id FOR UPDATE;\n\n  IF in_idempotency_key IS NOT NULL THEN',
        to: '  WHERE merchant_id = in_merchant_id AND payment_order_id = in_payment_order_id;\n  PERFORM pg_sleep(0.2);\n\n  IF in_idempotency_key IS NOT NULL THEN',
      },
    ],
    load: ['--refund-share', '0.9'],
    noticedBy: ['V7', 'V9', 'V2'],
  },
  {
    name: 'a refund gets a new key with each try, and is not looked up',
    edits: [
      {
        file: 'activities/refund.ts',
        from: '  for (let attempt = identity.attempt; attempt >= 1; attempt -= 1) {\n    const found',
        to: '  for (let attempt = identity.attempt; attempt > Date.now(); attempt -= 1) {\n    const found',
      },
      {
        file: 'activities/refund.ts',
        from: '  return provider.refund({ identity, reference, amount });',
        to: '  return provider.refund({ identity: { ...identity, attempt: Date.now() }, reference, amount });',
      },
    ],
    gaps: ['refund.after_call', 'sendRefund'],
    load: ['--psp-share', '0.4', '--psp-kinds', 'error_after_effect,drop_after_effect', '--refund-share', '0.9'],
    noticedBy: ['V2', 'V9'],
  },
  {
    name: 'an authorization is called released without asking the PSP',
    edits: [
      {
        file: 'activities/reverse.ts',
        from: '  const outcome = await provider.void({ identity, reference });\n  await dependencies.failpoint',
        to: "  const outcome = { outcome: 'canceled', reference } as PaymentOutcome;\n  void provider;\n  await dependencies.failpoint",
      },
    ],
    noticedBy: ['V8'],
  },
  {
    name: "a dispute's line is booked whenever it is heard of",
    edits: [
      {
        file: 'activities/dispute.ts',
        from: 'await bookLeg(dependencies, before, order, `line:${lineId}`, posting);',
        to: 'await bookLeg(dependencies, before, order, `line:${lineId}${String(Date.now())}`, posting);',
      },
    ],
    noticedBy: ['V2', 'V3', 'V9'],
  },
  {
    name: 'a checkout is done when one of its orders is',
    edits: [
      {
        file: 'domain/checkout.ts',
        from: "return { status: 'partially_paid', isPaymentDone: false };",
        to: "return { status: 'paid', isPaymentDone: true };",
      },
    ],
    load: ['--psp-share', '0.8', '--psp-kinds', 'decline'],
    noticedBy: ['V4'],
  },
  {
    name: 'the API says yes when the database is away',
    edits: [{ file: 'api/problem.ts', from: "'storage-unavailable': [503,", to: "'storage-unavailable': [202," }],
    gaps: ['accept_checkout', 'accept_refund'],
    load: ['--fault', 'failpoints,postgres', '--every', '12', '--orders', '120'],
    noticedBy: ['V5'],
  },
  {
    name: 'an outbox row is removed before its event is kept',
    edits: [
      {
        file: 'events/relay.ts',
        from: "    await failpoint('outbox.before_keep', `${outbox.name}-${batch}`);\n",
        to: "    await outbox.remove(rows.map((row) => row.outboxId));\n    await failpoint('outbox.before_keep', `${outbox.name}-${batch}`);\n",
      },
    ],
    gaps: ['outbox'],
    noticedBy: ['V5'],
  },
  {
    name: 'the wallet forgets the fee',
    edits: [
      {
        file: 'prisma/wallet.ts',
        from: 'seller: order.sellerAccount,\n      currency,\n      pending: change.pendingMinor.toString(),',
        to: 'seller: order.sellerAccount,\n      currency,\n      pending: (change.pendingMinor + order.platformFeeMinor).toString(),',
      },
    ],
    noticedBy: ['V3'],
  },
  {
    name: 'a step fails its workflow when its fast path is used up',
    edits: [
      {
        file: 'workflows/activities.ts',
        from: "const isBare = error instanceof ApplicationFailure && patched('local-activities-fail-bare');",
        to: 'const isBare = false;',
      },
    ],
    load: ['--fault', 'failpoints,postgres', '--every', '12', '--orders', '120'],
    gaps: ['*.completing'],
    noticedBy: ['V11'],
  },
  {
    name: 'the buyer is written into the log',
    edits: [
      {
        file: 'api/checkouts.ts',
        from: "  await failpoint('accept_checkout.before_commit', body.checkout_id);",
        to: "  dependencies.logger.warn(`accepting ${JSON.stringify(body.buyer_info)}`);\n  await failpoint('accept_checkout.before_commit', body.checkout_id);",
      },
    ],
    noticedBy: ['V12'],
  },
  {
    name: 'a workflow takes its history for all that was sent',
    edits: [
      {
        file: 'workflows/payment-order.ts',
        from: "return this.input.paysAtOnce === true && patched('sent-in-a-lost-task');",
        to: 'return false;',
      },
    ],
    load: ['--stories', 'canceled', '--kills', '60'],
    gaps: ['charge'],
    noticedBy: ['V8', 'V2'],
  },
];
