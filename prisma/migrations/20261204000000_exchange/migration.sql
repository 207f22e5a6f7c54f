-- A buyer pays in one currency, the seller is owed in another: what a quote promised becomes the order's own, and one posting of the ledger
-- has lines in both, each currency summing to zero through its position account.

-- ────────────────────────────────────────────── payments ──────────────────────────────────────────────

ALTER TABLE payments.payment_order
  ADD COLUMN fx_quote_id     text,
  -- The platform fee is in this currency, too.
  ADD COLUMN seller_currency text CHECK (seller_currency ~ '^[A-Z]{3}$'),
  ADD COLUMN seller_amount   bigint CHECK (seller_amount > 0),
  -- What the buyer's amount is worth at the quote's middle rate, in the seller's currency.
  ADD COLUMN position_amount bigint CHECK (position_amount > 0),
  ADD CONSTRAINT payment_order_exchange_whole CHECK (num_nulls(fx_quote_id, seller_currency, seller_amount, position_amount) IN (0, 4)),
  ADD CONSTRAINT payment_order_exchanges CHECK (seller_currency <> currency),
  DROP CONSTRAINT payment_order_check,
  ADD CONSTRAINT payment_order_fee_within CHECK (platform_fee >= 0 AND platform_fee <= coalesce(seller_amount, amount));
-- A quote holds for one order.
CREATE UNIQUE INDEX payment_order_of_quote ON payments.payment_order (merchant_id, fx_quote_id) WHERE fx_quote_id IS NOT NULL;

ALTER TABLE payments.refund
  -- Set where the parts are in another currency than the amount; they sum to what the amount stands for, then.
  ADD COLUMN seller_currency text,
  ADD COLUMN position_amount bigint CHECK (position_amount >= 0),
  DROP CONSTRAINT refund_check,
  ADD CONSTRAINT refund_parts CHECK (CASE WHEN position_amount IS NULL THEN seller_amount + fee_amount = amount ELSE seller_currency IS NOT NULL END);

ALTER TABLE payments.dispute
  -- Of the shares, where it isn't the dispute's.
  ADD COLUMN seller_currency text,
  -- What a lost one took of its order's exchange: kept, so that taking the loss back takes back the same.
  ADD COLUMN lost_gross    bigint CHECK (lost_gross >= 0),
  ADD COLUMN lost_position bigint CHECK (lost_position >= 0);

DROP FUNCTION payments.given_back(text, text);
CREATE FUNCTION payments.given_back(in_merchant_id text, in_payment_order_id text)
RETURNS TABLE (refunded bigint, refunded_seller bigint, refunded_fee bigint, refunded_position bigint, held bigint) LANGUAGE sql STABLE AS $$
  SELECT coalesce(r.amount, 0)::bigint, coalesce(r.seller_amount, 0)::bigint, coalesce(r.fee_amount, 0)::bigint,
         coalesce(r.position_amount, 0)::bigint, coalesce(d.held, 0)::bigint
  FROM (SELECT sum(amount) AS amount, sum(seller_amount) AS seller_amount, sum(fee_amount) AS fee_amount, sum(position_amount) AS position_amount
        FROM payments.refund
        WHERE merchant_id = in_merchant_id AND payment_order_id = in_payment_order_id AND refund_status <> 'failed') AS r,
       (SELECT sum(held_amount) AS held FROM payments.dispute
        WHERE merchant_id = in_merchant_id AND payment_order_id = in_payment_order_id) AS d
$$;

-- As before, with what is in the seller's currency; and by the buyer's amount, too, that nothing was given back meanwhile.
CREATE OR REPLACE FUNCTION payments.create_refund(
  in_merchant_id text, in_payment_order_id text, in_refund jsonb, in_fingerprint bytea, in_route text, in_idempotency_key text
) RETURNS TABLE (outcome text, refund_id text, remaining bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_order    payments.payment_order;
  v_earlier  payments.refund;
  v_key      payments.idempotency_key;
  v_given    record;
  v_left     bigint;
  v_amount   bigint := (in_refund->>'amount')::bigint;
BEGIN
  SELECT * INTO STRICT v_order FROM payments.payment_order
  WHERE merchant_id = in_merchant_id AND payment_order_id = in_payment_order_id FOR UPDATE;

  IF in_idempotency_key IS NOT NULL THEN
    SELECT * INTO v_key FROM payments.idempotency_key
    WHERE merchant_id = in_merchant_id AND route = in_route AND idempotency_key = in_idempotency_key;
    IF FOUND THEN
      RETURN QUERY SELECT CASE WHEN v_key.request_fingerprint = in_fingerprint THEN 'replayed' ELSE 'key_reused' END,
                          v_key.resource_id, 0::bigint;
      RETURN;
    END IF;
  END IF;
  SELECT * INTO v_earlier FROM payments.refund AS r
  WHERE r.merchant_id = in_merchant_id
    AND (r.refund_id = in_refund->>'refund_id' OR r.psp_reference = in_refund->>'psp_reference');
  IF FOUND THEN
    RETURN QUERY SELECT CASE WHEN v_earlier.payment_order_id = in_payment_order_id AND v_earlier.amount = v_amount
                             THEN 'replayed' ELSE 'id_reused' END, v_earlier.refund_id, 0::bigint;
    RETURN;
  END IF;

  SELECT * INTO v_given FROM payments.given_back(in_merchant_id, in_payment_order_id);
  IF in_refund->>'method' = 'void' THEN
    IF v_order.phase NOT IN ('authorized', 'requires_action', 'processing') THEN
      RETURN QUERY SELECT 'stale', NULL::text, 0::bigint;
      RETURN;
    END IF;
    v_left := v_order.amount - v_given.refunded;
  ELSE
    IF v_order.payment_order_status <> 'SUCCESS' THEN
      RETURN QUERY SELECT 'not_refundable', NULL::text, 0::bigint;
      RETURN;
    END IF;
    v_left := greatest(0, v_order.captured_amount - v_given.refunded - v_given.held);
  END IF;
  IF v_amount > v_left THEN
    RETURN QUERY SELECT 'exceeds', NULL::text, v_left;
    RETURN;
  END IF;
  IF v_given.refunded <> coalesce((in_refund->>'seen_amount')::bigint, v_given.refunded) OR v_given.refunded_seller <> (in_refund->>'seen_seller')::bigint OR v_given.refunded_fee <> (in_refund->>'seen_fee')::bigint THEN
    RETURN QUERY SELECT 'stale', NULL::text, v_left;
    RETURN;
  END IF;

  INSERT INTO payments.refund
    (merchant_id, refund_id, payment_order_id, amount, seller_amount, fee_amount, currency, method, reason, requested_by, psp_reference,
     seller_currency, position_amount)
  VALUES
    (in_merchant_id, in_refund->>'refund_id', in_payment_order_id, v_amount, (in_refund->>'seller_amount')::bigint,
     (in_refund->>'fee_amount')::bigint, v_order.currency, in_refund->>'method', in_refund->>'reason', in_refund->'requested_by',
     in_refund->>'psp_reference', v_order.seller_currency, (in_refund->>'position_amount')::bigint);
  IF in_idempotency_key IS NOT NULL THEN
    INSERT INTO payments.idempotency_key (merchant_id, route, idempotency_key, request_fingerprint, resource_id)
    VALUES (in_merchant_id, in_route, in_idempotency_key, in_fingerprint, in_refund->>'refund_id');
  END IF;
  RETURN QUERY SELECT 'created', in_refund->>'refund_id', v_left - v_amount;
END
$$;

-- As before, with what quotes have promised.
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
    (merchant_id, payment_order_id, checkout_id, position, buyer_account, seller_account, amount, currency, platform_fee, statement_descriptor,
     fx_quote_id, seller_currency, seller_amount, position_amount)
  SELECT in_merchant_id, o.payment_order_id, new_checkout_id, o.position, in_checkout->'buyer_info'->>'id', o.seller_account,
         o.amount, o.currency, o.platform_fee, o.statement_descriptor,
         o.fx_quote_id, o.seller_currency, o.seller_amount, o.position_amount
  FROM jsonb_to_recordset(in_orders) AS o(payment_order_id text, position integer, seller_account text, amount bigint,
                                          currency text, platform_fee bigint, statement_descriptor text,
                                          fx_quote_id text, seller_currency text, seller_amount bigint, position_amount bigint)
  ORDER BY o.payment_order_id;
  RETURN 'created';
END
$$;

-- ─────────────────────────────────────────────── ledger ───────────────────────────────────────────────

-- Lines that name no currency are in the posting's own: so they all were, and a worker of the version before still sends them.
CREATE FUNCTION ledger.lines_of(in_lines jsonb, in_currency text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF jsonb_array_length(in_lines) = 0 OR in_lines->0 ? 'currency' THEN
    RETURN in_lines;
  END IF;
  RETURN (SELECT jsonb_agg(line || jsonb_build_object('currency', in_currency)) FROM jsonb_array_elements(in_lines) AS line);
END
$$;

CREATE FUNCTION ledger.ensure_accounts(in_merchant_id text, in_lines jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Nearly always all accounts exist: look first, so that the common case takes no row lock and writes no dead row.
  IF EXISTS (
    SELECT FROM jsonb_to_recordset(in_lines) AS line(account text, currency text)
    WHERE NOT EXISTS (SELECT FROM ledger.account
                      WHERE merchant_id = in_merchant_id AND code = line.account AND currency = line.currency)
  ) THEN
    INSERT INTO ledger.account (merchant_id, code, currency, type)
    SELECT DISTINCT in_merchant_id, line.account, line.currency, line.type
    FROM jsonb_to_recordset(in_lines) AS line(account text, type text, currency text)
    ORDER BY line.account, line.currency
    ON CONFLICT (merchant_id, code, currency) DO NOTHING;
  END IF;
END
$$;

-- As before, each line in its own currency.
CREATE OR REPLACE FUNCTION ledger.append_transaction(
  in_merchant_id text, in_source_type text, in_source_id text, in_leg text, in_kind text,
  in_effective_at timestamptz, in_currency text, in_lines jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  new_transaction_id bigint;
  differs boolean;
  v_lines jsonb := ledger.lines_of(in_lines, in_currency);
BEGIN
  INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at)
  VALUES (in_merchant_id, in_source_type, in_source_id, in_leg, in_kind, ledger.open_date(in_merchant_id, in_effective_at))
  ON CONFLICT (merchant_id, source_type, source_id, leg) DO NOTHING
  RETURNING transaction_id INTO new_transaction_id;

  IF new_transaction_id IS NULL THEN
    SELECT EXISTS (
      (SELECT account.code, entry.currency, entry.amount
       FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
       WHERE transaction.merchant_id = in_merchant_id AND source_type = in_source_type AND source_id = in_source_id AND leg = in_leg
       EXCEPT ALL
       SELECT line.account, line.currency, line.amount FROM jsonb_to_recordset(v_lines) AS line(account text, currency text, amount bigint))
      UNION ALL
      (SELECT line.account, line.currency, line.amount FROM jsonb_to_recordset(v_lines) AS line(account text, currency text, amount bigint)
       EXCEPT ALL
       SELECT account.code, entry.currency, entry.amount
       FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
       WHERE transaction.merchant_id = in_merchant_id AND source_type = in_source_type AND source_id = in_source_id AND leg = in_leg)
    ) INTO differs;
    IF differs THEN
      RAISE EXCEPTION 'ledger source %/%/% is already recorded with other entries', in_source_type, in_source_id, in_leg
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN false;
  END IF;

  PERFORM ledger.ensure_accounts(in_merchant_id, v_lines);
  INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
  SELECT new_transaction_id, account.account_id, in_merchant_id, line.currency, line.amount
  FROM jsonb_to_recordset(v_lines) AS line(account text, currency text, amount bigint)
  JOIN ledger.account ON account.merchant_id = in_merchant_id AND account.code = line.account AND account.currency = line.currency;
  RETURN true;
END
$$;

-- As before, each line in its own currency; the seller's are in the posting's.
CREATE OR REPLACE FUNCTION ledger.post(in_merchant_id text, in_source_type text, in_source_id text, in_leg text, in_posting jsonb)
RETURNS TABLE (appended boolean, pending bigint, available bigint, reserved bigint, owed bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_currency  text := in_posting->>'currency';
  v_seller    text := in_posting->>'seller';
  v_order     text := in_posting->>'payment_order_id';
  v_amount    bigint := coalesce((in_posting->>'amount')::bigint, 0);
  v_lines     jsonb := ledger.lines_of(in_posting->'lines', in_posting->>'currency');
  v_position  ledger.seller_position;
  v_known     bigint;
  v_reverses  bigint;
  v_pending   bigint := 0;
  v_available bigint := 0;
  v_owed      bigint := 0;
  v_id        bigint;
BEGIN
  IF v_seller IS NOT NULL THEN
    INSERT INTO ledger.seller_position (merchant_id, seller, currency) VALUES (in_merchant_id, v_seller, v_currency)
    ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT v_position FROM ledger.seller_position
    WHERE merchant_id = in_merchant_id AND seller = v_seller AND currency = v_currency FOR UPDATE;
  END IF;

  SELECT transaction_id INTO v_known FROM ledger.transaction
  WHERE merchant_id = in_merchant_id AND source_type = in_source_type AND source_id = in_source_id AND leg = in_leg;
  IF v_known IS NOT NULL THEN
    IF EXISTS (
      SELECT line.account, line.currency, line.amount FROM jsonb_to_recordset(v_lines) AS line(account text, currency text, amount bigint)
      EXCEPT ALL
      SELECT account.code, entry.currency, entry.amount FROM ledger.entry JOIN ledger.account USING (account_id)
      WHERE entry.transaction_id = v_known
    ) THEN
      RAISE EXCEPTION 'ledger source %/%/% is already recorded with other entries', in_source_type, in_source_id, in_leg
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN QUERY SELECT false, c.* FROM ledger.change_by(v_known) AS c;
    RETURN;
  END IF;

  IF in_posting->>'reverses_leg' IS NOT NULL THEN
    SELECT transaction_id INTO v_reverses FROM ledger.transaction
    WHERE merchant_id = in_merchant_id AND source_type = in_source_type AND source_id = in_source_id
      AND leg = in_posting->>'reverses_leg';
    IF v_reverses IS NULL THEN
      RAISE EXCEPTION 'there is no leg % of %/% to reverse', in_posting->>'reverses_leg', in_source_type, in_source_id
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;

  CASE coalesce(in_posting->>'mode', 'none')
    WHEN 'none' THEN NULL;
    WHEN 'take' THEN
      SELECT least(lot.remaining, v_amount) INTO v_pending FROM ledger.pending_lot AS lot
      WHERE lot.merchant_id = in_merchant_id AND lot.payment_order_id = v_order AND lot.seller = v_seller;
      v_pending := coalesce(v_pending, 0);
      v_available := least(v_amount - v_pending, v_position.available);
      v_owed := v_amount - v_pending - v_available;
    WHEN 'payout' THEN
      IF v_position.available < v_amount OR EXISTS (
        SELECT FROM ledger.seller_position WHERE merchant_id = in_merchant_id AND seller = v_seller AND owed > 0
      ) THEN
        RAISE EXCEPTION 'insufficient: % available, or something is owed', v_position.available USING ERRCODE = 'PS402';
      END IF;
      v_available := v_amount;
    WHEN 'give' THEN
      v_owed := -least(v_amount, v_position.owed);
      SELECT -least(-c.pending, v_amount + v_owed) INTO v_pending
      FROM ledger.change_by(v_reverses) AS c
      WHERE EXISTS (SELECT FROM ledger.pending_lot AS lot
                    WHERE lot.merchant_id = in_merchant_id AND lot.payment_order_id = v_order AND lot.released_at IS NULL);
      v_pending := coalesce(v_pending, 0);
      v_available := -(v_amount + v_owed + v_pending);
  END CASE;
  v_lines := v_lines || coalesce((
    SELECT jsonb_agg(jsonb_build_object('account', line.account, 'type', line.type, 'currency', v_currency, 'amount', line.amount))
    FROM (VALUES ('seller:' || v_seller || ':pending', 'liability', v_pending),
                 ('seller:' || v_seller || ':available', 'liability', v_available),
                 ('receivable:seller:' || v_seller, 'asset', v_owed)) AS line(account, type, amount)
    WHERE line.amount <> 0), '[]');

  INSERT INTO ledger.transaction
    (merchant_id, source_type, source_id, leg, kind, effective_at, payment_order_id, reverses, reason)
  VALUES (in_merchant_id, in_source_type, in_source_id, in_leg, in_posting->>'kind',
          CASE WHEN coalesce((in_posting->>'dated')::boolean, false) THEN (in_posting->>'effective_at')::timestamptz
               ELSE ledger.open_date(in_merchant_id, (in_posting->>'effective_at')::timestamptz) END,
          v_order, v_reverses, in_posting->>'reason')
  RETURNING transaction_id INTO v_id;
  PERFORM ledger.ensure_accounts(in_merchant_id, v_lines);
  INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
  SELECT v_id, account.account_id, in_merchant_id, line.currency, line.amount
  FROM jsonb_to_recordset(v_lines) AS line(account text, currency text, amount bigint)
  JOIN ledger.account ON account.merchant_id = in_merchant_id AND account.code = line.account AND account.currency = line.currency;
  RETURN QUERY SELECT true, c.* FROM ledger.change_by(v_id) AS c;
END
$$;

ALTER FUNCTION ledger.append_transaction(text, text, text, text, text, timestamptz, text, jsonb)
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
ALTER FUNCTION ledger.post(text, text, text, text, jsonb) SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
