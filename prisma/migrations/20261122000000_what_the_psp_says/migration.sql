-- The buyer pays on the PSP's page, the PSP tells us so by signed events, and money that nobody waits for goes back.

-- ───────────────────────────────────────────── identity ─────────────────────────────────────────────

-- Where a buyer may be sent back to: origins, perhaps with a path they must begin with.
ALTER TABLE identity.merchant ADD COLUMN return_urls text[] NOT NULL DEFAULT '{}';

-- Two live webhook secrets let one be rotated without losing an event. Null means the environment's (the default
-- merchant's). `livemode` is read off the secret key; events of the other mode are ignored (W6).
ALTER TABLE identity.psp_account
  ADD COLUMN webhook_secret_sealed bytea,
  ADD COLUMN previous_webhook_secret_sealed bytea,
  ADD COLUMN livemode boolean;

-- ───────────────────────────────────────────── payments ─────────────────────────────────────────────

-- `round` counts the payment methods a checkout was tried with; each has its own workflow (I7). The page columns are
-- those of the present round.
ALTER TABLE payments.checkout
  ADD COLUMN round             integer NOT NULL DEFAULT 1 CHECK (round > 0),
  ADD COLUMN return_url        text,
  ADD COLUMN page_reference    text,
  ADD COLUMN page_url          text,
  ADD COLUMN page_expires_at   timestamptz(3),
  -- When the buyer's time is over, whatever the PSP's page says. Set once, with the first page.
  ADD COLUMN buyer_deadline_at timestamptz(3);

-- A declined order may be tried again with another card, as a new business attempt; every other final order stays as
-- it is. Money that was booked is never tried again: its postings are the order's own.
CREATE OR REPLACE FUNCTION payments.keep_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.payment_order_status IN ('SUCCESS', 'FAILED') AND NEW.payment_order_status <> OLD.payment_order_status
     AND NOT (OLD.payment_order_status = 'FAILED' AND NEW.payment_order_status = 'NOT_STARTED'
              AND OLD.failure_reason IN ('declined', 'rejected_by_psp', 'another_order_failed') AND OLD.phase <> 'refunded'
              AND NEW.business_attempt > OLD.business_attempt) THEN
    RAISE EXCEPTION 'payment order % is final (%)', OLD.payment_order_id, OLD.payment_order_status
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (NEW.amount, NEW.currency, NEW.platform_fee, NEW.seller_account, NEW.checkout_id)
     IS DISTINCT FROM (OLD.amount, OLD.currency, OLD.platform_fee, OLD.seller_account, OLD.checkout_id) THEN
    RAISE EXCEPTION 'payment order % can''t change what it is for', OLD.payment_order_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE INDEX payment_order_by_reference ON payments.payment_order (merchant_id, psp_reference) WHERE psp_reference IS NOT NULL;

-- Row first, with return_url; otherwise as before.
CREATE OR REPLACE FUNCTION payments.create_checkout(
  in_merchant_id text, in_checkout jsonb, in_orders jsonb, in_fingerprint bytea, in_route text, in_idempotency_key text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  new_checkout_id text := in_checkout->>'checkout_id';
  earlier_fingerprint bytea;
BEGIN
  IF in_idempotency_key IS NOT NULL THEN
    INSERT INTO payments.idempotency_key (merchant_id, route, idempotency_key, request_fingerprint, resource_id)
    VALUES (in_merchant_id, in_route, in_idempotency_key, in_fingerprint, new_checkout_id)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT request_fingerprint INTO STRICT earlier_fingerprint FROM payments.idempotency_key
      WHERE merchant_id = in_merchant_id AND route = in_route AND idempotency_key = in_idempotency_key;
      IF earlier_fingerprint <> in_fingerprint THEN
        RAISE EXCEPTION 'idempotency_key_reused' USING ERRCODE = 'PS409';
      END IF;
      RETURN 'replayed';
    END IF;
  END IF;

  INSERT INTO payments.checkout
    (merchant_id, checkout_id, buyer_info, seller_info, credit_card_info, failure_policy, capture_method, metadata, return_url, request_fingerprint)
  VALUES
    (in_merchant_id, new_checkout_id, in_checkout->'buyer_info', in_checkout->'seller_info', in_checkout->'credit_card_info',
     in_checkout->>'failure_policy', in_checkout->>'capture_method', in_checkout->'metadata', in_checkout->>'return_url', in_fingerprint)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT request_fingerprint INTO STRICT earlier_fingerprint FROM payments.checkout
    WHERE merchant_id = in_merchant_id AND checkout_id = new_checkout_id;
    IF earlier_fingerprint <> in_fingerprint THEN
      RAISE EXCEPTION 'checkout_id_reused' USING ERRCODE = 'PS409';
    END IF;
    RETURN 'replayed';
  END IF;

  INSERT INTO payments.payment_order
    (merchant_id, payment_order_id, checkout_id, position, buyer_account, seller_account, amount, currency, platform_fee, statement_descriptor)
  SELECT in_merchant_id, o.payment_order_id, new_checkout_id, o.position, in_checkout->'buyer_info'->>'id', o.seller_account,
         o.amount, o.currency, o.platform_fee, o.statement_descriptor
  FROM jsonb_to_recordset(in_orders) AS o(payment_order_id text, position integer, seller_account text, amount bigint,
                                          currency text, platform_fee bigint, statement_descriptor text)
  ORDER BY o.payment_order_id;
  RETURN 'created';
END
$$;

-- Opens a checkout again after a decline: every order that may be tried again becomes a new business attempt, all or
-- none, under the checkout's row lock. Answers what it did:
--   'reopened'   a new round has begun; `in_card` null means that the buyer chooses on a new page
--   'replayed'   the card is the present one already
--   'page'       the buyer is on the page now; the card is kept for the workflow to take instead
--   'unknown', 'in_progress', 'final'   refused: nothing was changed (U3)
CREATE FUNCTION payments.reopen_checkout(in_merchant_id text, in_checkout_id text, in_card text, in_from_round integer)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  standing payments.checkout;
BEGIN
  SELECT * INTO STRICT standing FROM payments.checkout
  WHERE merchant_id = in_merchant_id AND checkout_id = in_checkout_id FOR UPDATE;

  IF in_from_round IS NOT NULL AND standing.round <> in_from_round THEN
    RETURN 'replayed';
  END IF;
  IF standing.checkout_status = 'awaiting_buyer' AND in_card IS NOT NULL THEN
    UPDATE payments.checkout SET credit_card_info = jsonb_build_object('payment_method', in_card), updated_at = now()
    WHERE merchant_id = in_merchant_id AND checkout_id = in_checkout_id;
    RETURN 'page';
  END IF;
  IF in_card IS NOT NULL AND standing.checkout_status = 'open' AND standing.credit_card_info->>'payment_method' = in_card THEN
    RETURN 'replayed';
  END IF;
  IF EXISTS (SELECT FROM payments.payment_order
             WHERE merchant_id = in_merchant_id AND checkout_id = in_checkout_id
               AND (phase = 'unknown' OR attention_reason IN ('outcome_unknown', 'invariant_violated'))) THEN
    RETURN 'unknown';
  END IF;
  IF EXISTS (SELECT FROM payments.payment_order
             WHERE merchant_id = in_merchant_id AND checkout_id = in_checkout_id
               AND payment_order_status IN ('NOT_STARTED', 'EXECUTING')) THEN
    RETURN 'in_progress';
  END IF;
  IF standing.checkout_status NOT IN ('open', 'awaiting_buyer', 'failed', 'partially_paid')
     OR (standing.failure_policy = 'all_or_nothing' AND EXISTS (
           SELECT FROM payments.payment_order
           WHERE merchant_id = in_merchant_id AND checkout_id = in_checkout_id
             AND NOT (payment_order_status = 'FAILED' AND phase <> 'refunded'
                      AND failure_reason IN ('declined', 'rejected_by_psp', 'another_order_failed'))))
     OR NOT EXISTS (
           SELECT FROM payments.payment_order
           WHERE merchant_id = in_merchant_id AND checkout_id = in_checkout_id AND payment_order_status = 'FAILED'
             AND phase <> 'refunded' AND failure_reason IN ('declined', 'rejected_by_psp', 'another_order_failed')) THEN
    RETURN 'final';
  END IF;

  UPDATE payments.payment_order
  SET payment_order_status = 'NOT_STARTED', phase = 'not_started', failure_reason = NULL, psp_reference = NULL,
      psp_charge_reference = NULL, next_action_url = NULL, business_attempt = business_attempt + 1,
      cancel_requested = NULL, capture_requested = NULL, updated_at = now()
  WHERE merchant_id = in_merchant_id AND checkout_id = in_checkout_id AND payment_order_status = 'FAILED'
    AND phase <> 'refunded' AND failure_reason IN ('declined', 'rejected_by_psp', 'another_order_failed');
  UPDATE payments.checkout
  SET checkout_status = 'open', round = round + 1, decision = NULL, decision_reason = NULL, psp_payment_method = NULL,
      page_reference = NULL, page_url = NULL, page_expires_at = NULL, cancel_requested = NULL, capture_requested = NULL,
      credit_card_info = CASE WHEN in_card IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('payment_method', in_card) END,
      sweep_after = now() + interval '10 seconds', sweep_count = 0, updated_at = now()
  WHERE merchant_id = in_merchant_id AND checkout_id = in_checkout_id;
  RETURN 'reopened';
END
$$;

-- What the PSP has told us, once per event (W2). Kept of it is what says what happened to which object: no card, name,
-- address or mail of the buyer. The PSP's own record of the event stays readable there by its id.
CREATE TABLE payments.psp_event (
  merchant_id      text NOT NULL,
  event_id         text NOT NULL,
  type             text NOT NULL,
  account          text,
  livemode         boolean NOT NULL,
  -- By the PSP's clock.
  occurred_at      timestamptz(3) NOT NULL,
  subject          jsonb NOT NULL,
  payment_order_id text,
  checkout_id      text,
  state            text NOT NULL DEFAULT 'received'
    CHECK (state IN ('received', 'parked', 'applied', 'no_change', 'ignored', 'dead_letter')),
  reason           text,
  tries            integer NOT NULL DEFAULT 0,
  deliveries       integer NOT NULL DEFAULT 1,
  next_try_at      timestamptz(3) NOT NULL DEFAULT now(),
  received_at      timestamptz(3) NOT NULL DEFAULT now(),
  settled_at       timestamptz(3),
  PRIMARY KEY (merchant_id, event_id),
  CHECK ((state IN ('dead_letter', 'ignored', 'parked')) <= (reason IS NOT NULL))
);
CREATE INDEX psp_event_due ON payments.psp_event (next_try_at) WHERE state IN ('received', 'parked');
CREATE INDEX psp_event_dead ON payments.psp_event (merchant_id, received_at) WHERE state = 'dead_letter';
CREATE INDEX psp_event_by_time ON payments.psp_event (merchant_id, received_at, event_id);

-- A payment at the PSP that carries our ids and that no order waits for any more: it goes back (U4).
CREATE TABLE payments.stray_payment (
  merchant_id      text NOT NULL,
  psp_reference    text NOT NULL,
  payment_order_id text NOT NULL,
  attempt          integer NOT NULL CHECK (attempt > 0),
  currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  found_by         text NOT NULL,
  state            text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'refunding', 'refunded', 'voided', 'nothing_there')),
  amount           bigint,
  problem          text,
  sweep_after      timestamptz(3) NOT NULL DEFAULT now() + interval '10 seconds',
  found_at         timestamptz(3) NOT NULL DEFAULT now(),
  settled_at       timestamptz(3),
  PRIMARY KEY (merchant_id, psp_reference)
);
CREATE INDEX stray_payment_open ON payments.stray_payment (sweep_after) WHERE state IN ('open', 'refunding');

-- What each worker's circuit breaker says of the PSP, so that health and metrics can be read anywhere.
CREATE TABLE payments.psp_breaker (
  provider   text NOT NULL,
  worker     text NOT NULL,
  state      text NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
  since      timestamptz(3) NOT NULL,
  seen_at    timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, worker)
);

GRANT SELECT, INSERT, UPDATE ON payments.psp_event, payments.stray_payment, payments.psp_breaker TO paysaga_payments;
GRANT DELETE ON payments.psp_breaker TO paysaga_payments;
