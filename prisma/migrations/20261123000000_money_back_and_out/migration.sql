-- Money back and money out: what is a seller's is followed from pending to available, refunds and disputes take it back,
-- payouts send it on, and the ledger can prove all of it.

-- ────────────────────────────────────────────── ledger ──────────────────────────────────────────────

-- Whose balance an account is, and which; null for the platform's own accounts.
ALTER TABLE ledger.account
  ADD COLUMN seller  text GENERATED ALWAYS AS
    (substring(code from '^(?:receivable:)?seller:([A-Za-z0-9._-]{1,64})(?::(?:pending|available|reserved))?$')) STORED,
  ADD COLUMN balance text GENERATED ALWAYS AS
    (CASE WHEN code ~ '^receivable:seller:' THEN 'owed' WHEN code ~ '^seller:' THEN substring(code from ':([a-z]+)$') END) STORED;
CREATE INDEX account_of_seller ON ledger.account (merchant_id, seller) WHERE seller IS NOT NULL;

-- The payment order that a transaction belongs to, whatever its source; what it corrects, and why.
ALTER TABLE ledger.transaction
  ADD COLUMN payment_order_id text,
  ADD COLUMN reverses         bigint REFERENCES ledger.transaction,
  ADD COLUMN reason           text;
ALTER TABLE ledger.transaction DISABLE TRIGGER transaction_append_only;
UPDATE ledger.transaction SET payment_order_id = source_id WHERE source_type = 'payment_order';
ALTER TABLE ledger.transaction ENABLE TRIGGER transaction_append_only;
CREATE INDEX transaction_of_payment_order ON ledger.transaction (merchant_id, payment_order_id) WHERE payment_order_id IS NOT NULL;
CREATE INDEX transaction_by_time ON ledger.transaction (merchant_id, effective_at);
CREATE INDEX transaction_by_xid ON ledger.transaction (recorded_by_xid);

-- A book is closed up to a moment; nothing can be dated before it any more (L9). Append-only like the rest.
CREATE TABLE ledger.period_close (
  merchant_id    text NOT NULL,
  closed_through timestamptz(3) NOT NULL,
  proposed_by    text NOT NULL,
  closed_by      text NOT NULL CHECK (closed_by <> proposed_by),
  reason         text NOT NULL,
  -- The book at that moment: account balances, and the head of the hash chain.
  trial_balance  jsonb NOT NULL,
  chain_head     bytea,
  closed_at      timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, closed_through)
);
CREATE TRIGGER period_close_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.period_close
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE FUNCTION ledger.closed_through(in_merchant_id text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT max(closed_through) FROM ledger.period_close WHERE merchant_id = in_merchant_id
$$;

CREATE OR REPLACE FUNCTION ledger.stamp_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recorded_at := now();
  NEW.recorded_by_xid := pg_current_xact_id();
  IF NEW.source_type = 'payment_order' THEN
    NEW.payment_order_id := NEW.source_id;
  END IF;
  IF NEW.effective_at <= ledger.closed_through(NEW.merchant_id) THEN
    RAISE EXCEPTION 'the book is closed through %: nothing can be dated %', ledger.closed_through(NEW.merchant_id), NEW.effective_at
      USING ERRCODE = 'PS423';
  END IF;
  RETURN NEW;
END
$$;

-- What a seller has and owes, kept by trigger from the entries themselves: its row is the lock under which money is
-- taken from a seller, and its CHECKs are why no seller account can go below zero (P3).
CREATE TABLE ledger.seller_position (
  merchant_id text NOT NULL,
  seller      text NOT NULL,
  currency    text NOT NULL,
  available   bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
  reserved    bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  owed        bigint NOT NULL DEFAULT 0 CHECK (owed >= 0),
  PRIMARY KEY (merchant_id, seller, currency)
);

-- What of one payment order is still pending, and when the PSP says that it becomes available (P1).
CREATE TABLE ledger.pending_lot (
  merchant_id      text NOT NULL,
  payment_order_id text NOT NULL,
  seller           text NOT NULL,
  currency         text NOT NULL,
  remaining        bigint NOT NULL CHECK (remaining >= 0),
  captured_at      timestamptz(3) NOT NULL DEFAULT now(),
  available_on     timestamptz(3),
  released_at      timestamptz(3),
  released         bigint,
  recovered        bigint,
  wallet_moved_at  timestamptz(3),
  PRIMARY KEY (merchant_id, payment_order_id)
);
CREATE INDEX pending_lot_due ON ledger.pending_lot (available_on) WHERE released_at IS NULL;
CREATE INDEX pending_lot_undated ON ledger.pending_lot (captured_at) WHERE released_at IS NULL AND available_on IS NULL;
CREATE INDEX pending_lot_unmoved ON ledger.pending_lot (released_at) WHERE released_at IS NOT NULL AND wallet_moved_at IS NULL;

-- Payments booked before this version.
INSERT INTO ledger.pending_lot (merchant_id, payment_order_id, seller, currency, remaining, captured_at)
SELECT transaction.merchant_id, transaction.payment_order_id, account.seller, entry.currency, -sum(entry.amount), min(transaction.recorded_at)
FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
WHERE account.balance = 'pending' AND transaction.payment_order_id IS NOT NULL
GROUP BY transaction.merchant_id, transaction.payment_order_id, account.seller, entry.currency;

CREATE FUNCTION ledger.keep_positions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ledger AS $$
DECLARE
  change record;
BEGIN
  FOR change IN
    SELECT new_entries.merchant_id, account.seller, new_entries.currency,
           CASE WHEN account.balance = 'pending' THEN transaction.payment_order_id END AS payment_order_id,
           -coalesce(sum(new_entries.amount) FILTER (WHERE account.balance = 'pending'), 0) AS pending,
           -coalesce(sum(new_entries.amount) FILTER (WHERE account.balance = 'available'), 0) AS available,
           -coalesce(sum(new_entries.amount) FILTER (WHERE account.balance = 'reserved'), 0) AS reserved,
           coalesce(sum(new_entries.amount) FILTER (WHERE account.balance = 'owed'), 0) AS owed
    FROM new_entries JOIN ledger.account USING (account_id) JOIN ledger.transaction USING (transaction_id)
    WHERE account.seller IS NOT NULL
    GROUP BY 1, 2, 3, 4
    -- In one order everywhere, so that two writers wait for each other and never for ever.
    ORDER BY 1, 2, 3, 4
  LOOP
    IF change.pending > 0 THEN
      INSERT INTO ledger.pending_lot AS lot (merchant_id, payment_order_id, seller, currency, remaining)
      VALUES (change.merchant_id, change.payment_order_id, change.seller, change.currency, change.pending)
      ON CONFLICT (merchant_id, payment_order_id) DO UPDATE SET remaining = lot.remaining + excluded.remaining;
    ELSIF change.pending < 0 THEN
      UPDATE ledger.pending_lot SET remaining = remaining + change.pending
      WHERE merchant_id = change.merchant_id AND payment_order_id = change.payment_order_id;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing of payment order % is pending', change.payment_order_id USING ERRCODE = 'integrity_constraint_violation';
      END IF;
    END IF;
    IF (change.available, change.reserved, change.owed) <> (0, 0, 0) THEN
      INSERT INTO ledger.seller_position (merchant_id, seller, currency)
      VALUES (change.merchant_id, change.seller, change.currency) ON CONFLICT DO NOTHING;
      UPDATE ledger.seller_position
      SET available = available + change.available, reserved = reserved + change.reserved, owed = owed + change.owed
      WHERE merchant_id = change.merchant_id AND seller = change.seller AND currency = change.currency;
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER entry_keeps_positions AFTER INSERT ON ledger.entry
  REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger.keep_positions();

-- Money that has moved must be booked: what happened in a closed period is dated now.
CREATE FUNCTION ledger.open_date(in_merchant_id text, in_effective_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN in_effective_at <= ledger.closed_through(in_merchant_id) THEN now() ELSE in_effective_at END
$$;

CREATE FUNCTION ledger.ensure_accounts(in_merchant_id text, in_currency text, in_lines jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Nearly always all accounts exist: look first, so that the common case takes no row lock and writes no dead row.
  IF EXISTS (
    SELECT FROM jsonb_to_recordset(in_lines) AS line(account text)
    WHERE NOT EXISTS (SELECT FROM ledger.account
                      WHERE merchant_id = in_merchant_id AND code = line.account AND currency = in_currency)
  ) THEN
    INSERT INTO ledger.account (merchant_id, code, currency, type)
    SELECT DISTINCT in_merchant_id, line.account, in_currency, line.type
    FROM jsonb_to_recordset(in_lines) AS line(account text, type text)
    ORDER BY line.account
    ON CONFLICT (merchant_id, code, currency) DO NOTHING;
  END IF;
END
$$;

-- As before; what happened in a closed period is now dated in the open one.
CREATE OR REPLACE FUNCTION ledger.append_transaction(
  in_merchant_id text, in_source_type text, in_source_id text, in_leg text, in_kind text,
  in_effective_at timestamptz, in_currency text, in_lines jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  new_transaction_id bigint;
  differs boolean;
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
       SELECT line.account, in_currency, line.amount FROM jsonb_to_recordset(in_lines) AS line(account text, amount bigint))
      UNION ALL
      (SELECT line.account, in_currency, line.amount FROM jsonb_to_recordset(in_lines) AS line(account text, amount bigint)
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

  PERFORM ledger.ensure_accounts(in_merchant_id, in_currency, in_lines);
  INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
  SELECT new_transaction_id, account.account_id, in_merchant_id, in_currency, line.amount
  FROM jsonb_to_recordset(in_lines) AS line(account text, amount bigint)
  JOIN ledger.account ON account.merchant_id = in_merchant_id AND account.code = line.account AND account.currency = in_currency;
  RETURN true;
END
$$;

-- How one transaction changed its seller's balances, as the wallet counts them.
CREATE FUNCTION ledger.change_by(in_transaction_id bigint)
RETURNS TABLE (pending bigint, available bigint, reserved bigint, owed bigint) LANGUAGE sql STABLE AS $$
  SELECT -coalesce(sum(entry.amount) FILTER (WHERE account.balance = 'pending'), 0)::bigint,
         -coalesce(sum(entry.amount) FILTER (WHERE account.balance = 'available'), 0)::bigint,
         -coalesce(sum(entry.amount) FILTER (WHERE account.balance = 'reserved'), 0)::bigint,
         coalesce(sum(entry.amount) FILTER (WHERE account.balance = 'owed'), 0)::bigint
  FROM ledger.entry JOIN ledger.account USING (account_id) WHERE entry.transaction_id = in_transaction_id
$$;

-- Posts what depends on what a seller has, once per source, under the lock of the seller's position. `in_posting`:
--   kind, currency, effective_at, payment_order_id?, reason?, reverses_leg? (of the same source)
--   lines   the fixed ones, [{"account", "type", "amount"}], debits positive
--   seller, mode, amount: the seller's line(s), found here:
--     'take'       what is pending of this very payment order, else what is available, else the seller owes it
--     'payout'     from available only, and only when nothing is owed in any currency; refused with PS402 otherwise
--     'give'       first off what the seller owes, then to where the reversed leg took it from, else to available
-- Answers whether it was new, and how the seller's balances changed: the wallet follows the ledger, never the other way round.
CREATE FUNCTION ledger.post(in_merchant_id text, in_source_type text, in_source_id text, in_leg text, in_posting jsonb)
RETURNS TABLE (appended boolean, pending bigint, available bigint, reserved bigint, owed bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_currency  text := in_posting->>'currency';
  v_seller    text := in_posting->>'seller';
  v_order     text := in_posting->>'payment_order_id';
  v_amount    bigint := coalesce((in_posting->>'amount')::bigint, 0);
  v_lines     jsonb := in_posting->'lines';
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
      SELECT line.account, v_currency, line.amount FROM jsonb_to_recordset(v_lines) AS line(account text, amount bigint)
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
    SELECT jsonb_agg(jsonb_build_object('account', line.account, 'type', line.type, 'amount', line.amount))
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
  PERFORM ledger.ensure_accounts(in_merchant_id, v_currency, v_lines);
  INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
  SELECT v_id, account.account_id, in_merchant_id, v_currency, line.amount
  FROM jsonb_to_recordset(v_lines) AS line(account text, amount bigint)
  JOIN ledger.account ON account.merchant_id = in_merchant_id AND account.code = line.account AND account.currency = v_currency;
  RETURN QUERY SELECT true, c.* FROM ledger.change_by(v_id) AS c;
END
$$;

-- Makes available what the PSP says is available by now, and takes back at once what the seller owes. Set-based: a few
-- statements whatever the number of payments. Answers how many it took up; the wallet is told after (pending_lot_unmoved).
CREATE FUNCTION ledger.release_due(in_limit integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  taken integer;
BEGIN
  CREATE TEMPORARY TABLE IF NOT EXISTS due_lot (
    merchant_id text, payment_order_id text, seller text, currency text, amount bigint, available_on timestamptz, recovered bigint
  ) ON COMMIT DELETE ROWS;
  DELETE FROM due_lot;
  INSERT INTO due_lot
  SELECT merchant_id, payment_order_id, seller, currency, 0, greatest(available_on, captured_at), 0 FROM ledger.pending_lot
  WHERE released_at IS NULL AND available_on <= now() ORDER BY available_on LIMIT in_limit;
  -- Positions before lots, and in order: as everybody else who takes money from a seller does.
  INSERT INTO ledger.seller_position (merchant_id, seller, currency)
  SELECT DISTINCT merchant_id, seller, currency FROM due_lot ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING;
  PERFORM FROM ledger.seller_position JOIN (SELECT DISTINCT merchant_id, seller, currency FROM due_lot) AS due
    USING (merchant_id, seller, currency) ORDER BY merchant_id, seller, currency FOR UPDATE OF seller_position;
  -- Read again under the lock: a refund or another worker may have been faster.
  UPDATE due_lot SET amount = lot.remaining FROM ledger.pending_lot AS lot
  WHERE lot.merchant_id = due_lot.merchant_id AND lot.payment_order_id = due_lot.payment_order_id AND lot.released_at IS NULL;
  DELETE FROM due_lot USING ledger.pending_lot AS lot
  WHERE lot.merchant_id = due_lot.merchant_id AND lot.payment_order_id = due_lot.payment_order_id AND lot.released_at IS NOT NULL;

  UPDATE due_lot SET recovered = share.recovered
  FROM (SELECT d.merchant_id, d.payment_order_id,
               greatest(0, least(d.amount, p.owed - coalesce(sum(d.amount) OVER (
                 PARTITION BY d.merchant_id, d.seller, d.currency ORDER BY d.available_on, d.payment_order_id
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS recovered
        FROM due_lot AS d JOIN ledger.seller_position AS p USING (merchant_id, seller, currency)
        WHERE p.owed > 0) AS share
  WHERE share.merchant_id = due_lot.merchant_id AND share.payment_order_id = due_lot.payment_order_id;

  PERFORM ledger.ensure_accounts(merchant_id, currency, jsonb_agg(DISTINCT jsonb_build_object(
      'account', 'seller:' || seller || ':available', 'type', 'liability')))
  FROM due_lot WHERE amount > 0 GROUP BY merchant_id, currency;

  WITH written AS (
    INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at)
    SELECT merchant_id, 'payment_order', payment_order_id, leg, leg, ledger.open_date(merchant_id, available_on)
    FROM due_lot, LATERAL (VALUES ('available', amount), ('recovery', recovered)) AS part(leg, part_amount)
    WHERE part_amount > 0 ORDER BY merchant_id, payment_order_id, leg
    RETURNING transaction_id, merchant_id, source_id, leg)
  INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
  SELECT written.transaction_id, account.account_id, written.merchant_id, due_lot.currency, line.amount
  FROM written JOIN due_lot ON due_lot.merchant_id = written.merchant_id AND due_lot.payment_order_id = written.source_id,
  LATERAL (VALUES ('available', 'seller:' || due_lot.seller || ':pending', due_lot.amount),
                  ('available', 'seller:' || due_lot.seller || ':available', -due_lot.amount),
                  ('recovery', 'seller:' || due_lot.seller || ':available', due_lot.recovered),
                  ('recovery', 'receivable:seller:' || due_lot.seller, -due_lot.recovered)) AS line(leg, code, amount)
  JOIN ledger.account ON account.code = line.code
  WHERE line.leg = written.leg AND account.merchant_id = written.merchant_id AND account.currency = due_lot.currency;

  UPDATE ledger.pending_lot AS lot SET released_at = now(), released = due_lot.amount, recovered = due_lot.recovered
  FROM due_lot WHERE lot.merchant_id = due_lot.merchant_id AND lot.payment_order_id = due_lot.payment_order_id;
  GET DIAGNOSTICS taken = ROW_COUNT;
  RETURN taken;
END
$$;

-- release_due works through a temporary table.
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO paysaga_ledger', current_database()); END $$;
GRANT SELECT, UPDATE ON ledger.pending_lot TO paysaga_ledger;
GRANT SELECT, INSERT, UPDATE ON ledger.seller_position TO paysaga_ledger;
GRANT SELECT ON ledger.period_close TO paysaga_ledger;

-- ─────────────────────────────────────── the ledger proves itself ───────────────────────────────────────

-- A hash chain over each merchant's book, built off the hot path: a row that somebody with all rights has changed, taken
-- away or slipped in no longer fits its hash, and is named. No foreign key: a deleted transaction must be noticed, too.
CREATE TABLE ledger.chain (
  merchant_id    text NOT NULL,
  seq            bigint NOT NULL,
  transaction_id bigint NOT NULL UNIQUE,
  source         text NOT NULL,
  hash           bytea NOT NULL,
  chained_at     timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, seq)
);
CREATE TRIGGER chain_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.chain
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Database transactions before this one are all in the chain.
CREATE TABLE ledger.chain_mark (one boolean PRIMARY KEY DEFAULT true CHECK (one), upto xid8 NOT NULL);
INSERT INTO ledger.chain_mark (upto) VALUES ('0');

-- Everything that a transaction says, as text. Null when it is gone.
CREATE FUNCTION ledger.content_of(in_transaction_id bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_array(t.transaction_id, t.merchant_id, t.source_type, t.source_id, t.leg, t.kind, t.payment_order_id, t.reverses,
           t.reason, extract(epoch FROM t.effective_at), extract(epoch FROM t.recorded_at),
           (SELECT jsonb_agg(jsonb_build_array(a.code, a.type, e.currency, e.amount) ORDER BY e.entry_id)
            FROM ledger.entry AS e JOIN ledger.account AS a USING (account_id) WHERE e.transaction_id = t.transaction_id))::text
  FROM ledger.transaction AS t WHERE t.transaction_id = in_transaction_id
$$;

-- Adds what has been committed since the last time, in an order that no late commit can get in between: only database
-- transactions that are over for everybody. `in_all` looks at every transaction again. Answers how many were added.
CREATE FUNCTION ledger.extend_chain(in_limit integer, in_all boolean) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_horizon xid8;
  v_mark    xid8;
  v_next    record;
  v_last    ledger.chain;
  v_added   integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('paysaga ledger chain'));
  v_horizon := pg_snapshot_xmin(pg_current_snapshot());
  SELECT CASE WHEN in_all THEN '0'::xid8 ELSE upto END INTO STRICT v_mark FROM ledger.chain_mark;
  FOR v_next IN
    SELECT t.transaction_id, t.merchant_id, t.source_type || '/' || t.source_id || '/' || t.leg AS source, t.recorded_by_xid
    FROM ledger.transaction AS t
    WHERE t.recorded_by_xid >= v_mark AND t.recorded_by_xid < v_horizon
      AND NOT EXISTS (SELECT FROM ledger.chain AS c WHERE c.transaction_id = t.transaction_id)
    ORDER BY t.recorded_by_xid, t.transaction_id LIMIT in_limit
  LOOP
    SELECT * INTO v_last FROM ledger.chain WHERE merchant_id = v_next.merchant_id ORDER BY seq DESC LIMIT 1;
    INSERT INTO ledger.chain (merchant_id, seq, transaction_id, source, hash)
    VALUES (v_next.merchant_id, coalesce(v_last.seq, 0) + 1, v_next.transaction_id, v_next.source,
            sha256(coalesce(v_last.hash, ''::bytea) || convert_to(ledger.content_of(v_next.transaction_id), 'UTF8')));
    v_added := v_added + 1;
  END LOOP;
  IF v_added < in_limit THEN
    UPDATE ledger.chain_mark SET upto = greatest(upto, v_horizon);
  END IF;
  RETURN v_added;
END
$$;

-- Links of a merchant's chain that no longer fit, a stretch at a time. Answers also the last link looked at.
CREATE FUNCTION ledger.check_chain(in_merchant_id text, in_after bigint, in_limit integer)
RETURNS TABLE (last_seq bigint, seq bigint, transaction_id bigint, source text, problem text) LANGUAGE sql STABLE AS $$
  WITH stretch AS (
    SELECT c.seq, c.transaction_id, c.source, c.hash, ledger.content_of(c.transaction_id) AS content,
           coalesce(lag(c.hash) OVER (ORDER BY c.seq), (SELECT p.hash FROM ledger.chain AS p WHERE p.merchant_id = in_merchant_id AND p.seq = in_after),
                    ''::bytea) AS previous,
           c.seq - coalesce(lag(c.seq) OVER (ORDER BY c.seq), in_after) AS step
    FROM (SELECT * FROM ledger.chain WHERE merchant_id = in_merchant_id AND seq > in_after ORDER BY seq LIMIT in_limit) AS c),
  checked AS (
    SELECT stretch.*, CASE WHEN content IS NULL THEN 'the transaction is gone'
                           WHEN step <> 1 THEN 'links before it are gone'
                           WHEN hash <> sha256(previous || convert_to(content, 'UTF8')) THEN 'the transaction or a link was changed' END AS problem
    FROM stretch)
  SELECT (SELECT max(seq) FROM stretch), seq, transaction_id, source, problem FROM checked WHERE problem IS NOT NULL
  UNION ALL
  SELECT max(seq), NULL, NULL, NULL, NULL FROM stretch
$$;

-- What people want posted by hand, or a period closed: one proposes, another decides, and only then anything happens.
CREATE TABLE ledger.proposal (
  merchant_id   text NOT NULL,
  proposal_id   text NOT NULL CHECK (proposal_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  kind          text NOT NULL CHECK (kind IN ('adjustment', 'write_off', 'period_close')),
  details       jsonb NOT NULL,
  reason        text NOT NULL,
  proposed_by   text NOT NULL,
  state         text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'rejected', 'done', 'failed')),
  decided_by    text CHECK (decided_by <> proposed_by OR state = 'rejected'),
  decided_why   text,
  problem       text,
  sweep_after   timestamptz(3) NOT NULL DEFAULT now() + interval '10 seconds',
  proposed_at   timestamptz(3) NOT NULL DEFAULT now(),
  decided_at    timestamptz(3),
  done_at       timestamptz(3),
  PRIMARY KEY (merchant_id, proposal_id),
  CHECK ((state = 'proposed') = (decided_by IS NULL))
);
CREATE INDEX proposal_approved ON ledger.proposal (sweep_after) WHERE state = 'approved';
CREATE INDEX proposal_by_time ON ledger.proposal (merchant_id, proposed_at, proposal_id);

-- Closes a book up to a moment that is over, with the balances and the head of the chain of that moment. Writers wait for
-- it, so that no posting of the period slips in behind it (L9). With its owner's rights, for the lock alone.
CREATE FUNCTION ledger.close_period(
  in_merchant_id text, in_through timestamptz, in_proposed_by text, in_closed_by text, in_reason text
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ledger AS $$
BEGIN
  LOCK TABLE ledger.transaction IN SHARE ROW EXCLUSIVE MODE;
  IF EXISTS (SELECT FROM ledger.period_close WHERE merchant_id = in_merchant_id AND closed_through = in_through) THEN
    RETURN false;
  END IF;
  IF in_through >= now() THEN
    RAISE EXCEPTION 'a period can be closed only when it is over' USING ERRCODE = 'PS422';
  END IF;
  IF in_through < ledger.closed_through(in_merchant_id) THEN
    RAISE EXCEPTION 'the book is closed through % already', ledger.closed_through(in_merchant_id) USING ERRCODE = 'PS422';
  END IF;
  INSERT INTO ledger.period_close (merchant_id, closed_through, proposed_by, closed_by, reason, trial_balance, chain_head)
  SELECT in_merchant_id, in_through, in_proposed_by, in_closed_by, in_reason,
         coalesce((SELECT jsonb_object_agg(balance.code || ' ' || balance.currency, balance.amount::text)
                   FROM (SELECT account.code, account.currency, sum(entry.amount) AS amount
                         FROM ledger.entry JOIN ledger.account USING (account_id) JOIN ledger.transaction USING (transaction_id)
                         WHERE entry.merchant_id = in_merchant_id AND transaction.effective_at <= in_through
                         GROUP BY account.code, account.currency) AS balance), '{}'),
         (SELECT hash FROM ledger.chain WHERE merchant_id = in_merchant_id ORDER BY seq DESC LIMIT 1);
  RETURN true;
END
$$;
REVOKE EXECUTE ON FUNCTION ledger.close_period FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.close_period TO paysaga_ledger;

-- What the last check of each book found.
CREATE TABLE ledger.ledger_check (
  merchant_id text PRIMARY KEY,
  links       bigint NOT NULL,
  head        text,
  problems    text[] NOT NULL,
  checked_at  timestamptz(3) NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON ledger.ledger_check TO paysaga_ledger;
GRANT SELECT, INSERT ON ledger.chain TO paysaga_ledger;
GRANT SELECT, UPDATE ON ledger.chain_mark TO paysaga_ledger;
GRANT SELECT, INSERT, UPDATE ON ledger.proposal TO paysaga_ledger;

-- ────────────────────────────────────────────── wallet ──────────────────────────────────────────────

ALTER TABLE wallet.movement ADD COLUMN owed_change bigint NOT NULL DEFAULT 0;

-- Follows one posting of the ledger: movement and balance together, once per source. PS503 when a movement that must
-- come first isn't there yet: the caller comes again.
CREATE FUNCTION wallet.follow(
  in_merchant_id text, in_source_type text, in_source_id text, in_leg text, in_seller_account text, in_currency text,
  in_pending bigint, in_available bigint, in_reserved bigint, in_owed bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  earlier wallet.movement;
BEGIN
  INSERT INTO wallet.movement
    (merchant_id, source_type, source_id, leg, seller_account, currency, pending_change, available_change, reserved_change, owed_change)
  VALUES
    (in_merchant_id, in_source_type, in_source_id, in_leg, in_seller_account, in_currency, in_pending, in_available, in_reserved, in_owed)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO STRICT earlier FROM wallet.movement
    WHERE merchant_id = in_merchant_id AND source_type = in_source_type AND source_id = in_source_id AND leg = in_leg;
    IF (earlier.seller_account, earlier.currency, earlier.pending_change, earlier.available_change, earlier.reserved_change, earlier.owed_change)
       IS DISTINCT FROM (in_seller_account, in_currency, in_pending, in_available, in_reserved, in_owed) THEN
      RAISE EXCEPTION 'wallet movement %/%/% is already recorded with other amounts', in_source_type, in_source_id, in_leg
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN false;
  END IF;
  INSERT INTO wallet.wallet (merchant_id, seller_account, currency) VALUES (in_merchant_id, in_seller_account, in_currency)
  ON CONFLICT DO NOTHING;
  UPDATE wallet.wallet
  SET pending = pending + in_pending, available = available + in_available, reserved = reserved + in_reserved,
      owed = owed + in_owed, updated_at = now()
  WHERE merchant_id = in_merchant_id AND seller_account = in_seller_account AND currency = in_currency;
  RETURN true;
EXCEPTION WHEN check_violation THEN
  RAISE EXCEPTION 'wallet of %: movement %/%/% comes before one that it depends on', in_seller_account, in_source_type, in_source_id, in_leg
    USING ERRCODE = 'PS503';
END
$$;

-- ───────────────────────────────────────────── payments ─────────────────────────────────────────────

-- What was really taken, when the PSP says that it may be used, and the merchant's policies of that moment: who bears
-- what is settled when the money comes in, not when it goes back.
ALTER TABLE payments.payment_order
  ADD COLUMN captured_amount bigint CHECK (captured_amount > 0 AND captured_amount <= amount),
  ADD COLUMN available_on    timestamptz(3),
  ADD COLUMN policies        jsonb;
UPDATE payments.payment_order SET captured_amount = amount WHERE payment_order_status = 'SUCCESS';
CREATE INDEX payment_order_by_charge ON payments.payment_order (merchant_id, psp_charge_reference) WHERE psp_charge_reference IS NOT NULL;

-- A wish to give money back, and what came of it. `voided`: the order was only authorized, and was released whole.
CREATE TABLE payments.refund (
  merchant_id      text NOT NULL,
  refund_id        text NOT NULL CHECK (refund_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  payment_order_id text NOT NULL,
  amount           bigint NOT NULL CHECK (amount > 0),
  seller_amount    bigint NOT NULL CHECK (seller_amount >= 0),
  fee_amount       bigint NOT NULL CHECK (fee_amount >= 0),
  currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  method           text NOT NULL CHECK (method IN ('refund', 'void')),
  reason           text,
  requested_by     jsonb NOT NULL,
  refund_status    text NOT NULL DEFAULT 'requested'
    CHECK (refund_status IN ('requested', 'pending', 'succeeded', 'failed', 'voided', 'needs_attention')),
  failure_reason   text,
  psp_reference    text,
  attempt          integer NOT NULL DEFAULT 1 CHECK (attempt > 0),
  sends            integer NOT NULL DEFAULT 0,
  first_sent_at    timestamptz(3),
  last_sent_at     timestamptz(3),
  sweep_after      timestamptz(3) NOT NULL DEFAULT now() + interval '10 seconds',
  created_at       timestamptz(3) NOT NULL DEFAULT now(),
  updated_at       timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, refund_id),
  FOREIGN KEY (merchant_id, payment_order_id) REFERENCES payments.payment_order,
  CHECK (seller_amount + fee_amount = amount),
  CHECK ((refund_status = 'failed') = (failure_reason IS NOT NULL))
);
CREATE INDEX refund_of_payment_order ON payments.refund (merchant_id, payment_order_id, created_at);
CREATE UNIQUE INDEX refund_by_reference ON payments.refund (merchant_id, psp_reference) WHERE psp_reference IS NOT NULL;
CREATE INDEX refund_to_sweep ON payments.refund (sweep_after) WHERE refund_status IN ('requested', 'pending', 'needs_attention');

-- A dispute as the PSP tells it. `held_amount`: what its own lines have taken from us and not given back.
CREATE TABLE payments.dispute (
  merchant_id         text NOT NULL,
  dispute_id          text NOT NULL CHECK (dispute_id ~ '^[A-Za-z0-9_]{1,255}$'),
  payment_order_id    text NOT NULL,
  amount              bigint NOT NULL CHECK (amount > 0),
  currency            text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  seller_amount       bigint NOT NULL DEFAULT 0 CHECK (seller_amount >= 0),
  fee_amount          bigint NOT NULL DEFAULT 0 CHECK (fee_amount >= 0),
  reason              text NOT NULL,
  psp_status          text NOT NULL,
  dispute_status      text NOT NULL CHECK (dispute_status IN ('inquiry', 'needs_response', 'under_review', 'won', 'lost', 'withdrawn', 'inquiry_closed')),
  charge_refundable   boolean NOT NULL DEFAULT false,
  evidence_due_by     timestamptz(3),
  reminders           integer NOT NULL DEFAULT 0,
  evidence            jsonb NOT NULL DEFAULT '{}',
  evidence_revision   integer NOT NULL DEFAULT 0,
  evidence_sent       integer NOT NULL DEFAULT 0 CHECK (evidence_sent <= evidence_revision),
  submit_requested    jsonb,
  accept_requested    jsonb,
  held_amount         bigint NOT NULL DEFAULT 0 CHECK (held_amount >= 0),
  booked_loss         boolean NOT NULL DEFAULT false,
  problem             text,
  sweep_after         timestamptz(3) NOT NULL DEFAULT now() + interval '10 seconds',
  opened_at           timestamptz(3) NOT NULL,
  closed_at           timestamptz(3),
  updated_at          timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, dispute_id),
  FOREIGN KEY (merchant_id, payment_order_id) REFERENCES payments.payment_order
);
CREATE INDEX dispute_of_payment_order ON payments.dispute (merchant_id, payment_order_id);
CREATE INDEX dispute_to_sweep ON payments.dispute (sweep_after) WHERE closed_at IS NULL;
CREATE INDEX dispute_by_time ON payments.dispute (merchant_id, opened_at, dispute_id);

-- Each line of the PSP's balance about a dispute, booked once.
CREATE TABLE payments.dispute_line (
  merchant_id   text NOT NULL,
  line_id       text NOT NULL,
  dispute_id    text NOT NULL,
  amount        bigint NOT NULL,
  currency      text NOT NULL,
  -- Whose share it is: the seller's, and the platform fee's; the rest is the platform's loss or gain.
  seller_amount bigint NOT NULL CHECK (seller_amount >= 0),
  fee_amount    bigint NOT NULL CHECK (fee_amount >= 0),
  -- What the PSP charged for it, apart from the disputed amount.
  psp_fee       bigint NOT NULL DEFAULT 0,
  position      integer NOT NULL,
  recorded_at   timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, line_id),
  FOREIGN KEY (merchant_id, dispute_id) REFERENCES payments.dispute
);
CREATE INDEX dispute_line_of_dispute ON payments.dispute_line (merchant_id, dispute_id);

-- What of an order's money is already on its way back, under the order's row lock (C2, D3).
CREATE FUNCTION payments.given_back(in_merchant_id text, in_payment_order_id text)
RETURNS TABLE (refunded bigint, refunded_seller bigint, refunded_fee bigint, held bigint) LANGUAGE sql STABLE AS $$
  SELECT coalesce(r.amount, 0)::bigint, coalesce(r.seller_amount, 0)::bigint, coalesce(r.fee_amount, 0)::bigint, coalesce(d.held, 0)::bigint
  FROM (SELECT sum(amount) AS amount, sum(seller_amount) AS seller_amount, sum(fee_amount) AS fee_amount
        FROM payments.refund
        WHERE merchant_id = in_merchant_id AND payment_order_id = in_payment_order_id AND refund_status <> 'failed') AS r,
       (SELECT sum(held_amount) AS held FROM payments.dispute
        WHERE merchant_id = in_merchant_id AND payment_order_id = in_payment_order_id) AS d
$$;

-- Row first for a refund. `in_refund` carries the parts as the caller worked them out from what it saw; when that is no
-- longer so the answer is 'stale' and nothing is written. Answers also what could still be refunded.
CREATE FUNCTION payments.create_refund(
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
  IF v_given.refunded_seller <> (in_refund->>'seen_seller')::bigint OR v_given.refunded_fee <> (in_refund->>'seen_fee')::bigint THEN
    RETURN QUERY SELECT 'stale', NULL::text, v_left;
    RETURN;
  END IF;

  INSERT INTO payments.refund
    (merchant_id, refund_id, payment_order_id, amount, seller_amount, fee_amount, currency, method, reason, requested_by, psp_reference)
  VALUES
    (in_merchant_id, in_refund->>'refund_id', in_payment_order_id, v_amount, (in_refund->>'seller_amount')::bigint,
     (in_refund->>'fee_amount')::bigint, v_order.currency, in_refund->>'method', in_refund->>'reason', in_refund->'requested_by',
     in_refund->>'psp_reference');
  IF in_idempotency_key IS NOT NULL THEN
    INSERT INTO payments.idempotency_key (merchant_id, route, idempotency_key, request_fingerprint, resource_id)
    VALUES (in_merchant_id, in_route, in_idempotency_key, in_fingerprint, in_refund->>'refund_id');
  END IF;
  RETURN QUERY SELECT 'created', in_refund->>'refund_id', v_left - v_amount;
END
$$;

-- An act of a person on a refund, a dispute or a payout is kept like one on a payment order.
ALTER TABLE payments.ops_action ADD COLUMN subject text;

GRANT SELECT, INSERT, UPDATE ON payments.refund, payments.dispute, payments.dispute_line TO paysaga_payments;

-- ───────────────────────────────────────────── identity ─────────────────────────────────────────────

ALTER TABLE identity.merchant ADD COLUMN policies jsonb NOT NULL DEFAULT '{}';
ALTER TABLE identity.seller
  ADD COLUMN payout_account            text CHECK (payout_account ~ '^acct_[A-Za-z0-9]{1,64}$'),
  ADD COLUMN payout_account_changed_at timestamptz(3),
  ADD COLUMN updated_at                timestamptz(3) NOT NULL DEFAULT now();

-- Keeps one line of the PSP about a dispute, with the seller's share as the caller worked it out from what it saw; answers
-- the share that stands, or nothing when something was given back meanwhile. Under the order's row lock, as refunds are.
CREATE FUNCTION payments.record_dispute_line(
  in_merchant_id text, in_dispute_id text, in_line jsonb, in_seen_seller bigint
) RETURNS TABLE (seller_amount bigint, fee_amount bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_order text;
BEGIN
  SELECT payment_order_id INTO STRICT v_order FROM payments.dispute WHERE merchant_id = in_merchant_id AND dispute_id = in_dispute_id;
  PERFORM FROM payments.payment_order WHERE merchant_id = in_merchant_id AND payment_order_id = v_order FOR UPDATE;
  IF NOT EXISTS (SELECT FROM payments.dispute_line WHERE merchant_id = in_merchant_id AND line_id = in_line->>'line_id') THEN
    IF (SELECT refunded_seller FROM payments.given_back(in_merchant_id, v_order)) <> in_seen_seller THEN
      RETURN;
    END IF;
    INSERT INTO payments.dispute_line (merchant_id, line_id, dispute_id, amount, currency, seller_amount, fee_amount, psp_fee, position)
    VALUES (in_merchant_id, in_line->>'line_id', in_dispute_id, (in_line->>'amount')::bigint, in_line->>'currency',
            (in_line->>'seller_amount')::bigint, (in_line->>'fee_amount')::bigint, (in_line->>'psp_fee')::bigint,
            (in_line->>'position')::integer);
  END IF;
  UPDATE payments.dispute AS d
  SET held_amount = greatest(0, lines.held), seller_amount = greatest(0, lines.seller), fee_amount = greatest(0, lines.fee),
      updated_at = now()
  FROM (SELECT -sum(amount) AS held, sum(CASE WHEN amount < 0 THEN seller_amount ELSE -seller_amount END) AS seller,
               sum(CASE WHEN amount < 0 THEN fee_amount ELSE -fee_amount END) AS fee
        FROM payments.dispute_line WHERE merchant_id = in_merchant_id AND dispute_id = in_dispute_id) AS lines
  WHERE d.merchant_id = in_merchant_id AND d.dispute_id = in_dispute_id;
  RETURN QUERY SELECT l.seller_amount, l.fee_amount FROM payments.dispute_line AS l
               WHERE l.merchant_id = in_merchant_id AND l.line_id = in_line->>'line_id';
END
$$;

-- ────────────────────────────────────────────── payouts ──────────────────────────────────────────────

DO $$
BEGIN
  BEGIN
    CREATE ROLE paysaga_payouts LOGIN;
  EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  ALTER ROLE paysaga_payouts SET search_path = payouts;
  ALTER ROLE paysaga_payouts SET statement_timeout = '4s';
  ALTER ROLE paysaga_payouts SET lock_timeout = '3s';
  ALTER ROLE paysaga_payouts SET idle_in_transaction_session_timeout = '4s';
END
$$;
CREATE SCHEMA payouts;
GRANT USAGE ON SCHEMA payouts TO paysaga_payouts;

CREATE TABLE payouts.payout (
  merchant_id        text NOT NULL,
  payout_id          text NOT NULL CHECK (payout_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  seller_account     text NOT NULL,
  amount             bigint NOT NULL CHECK (amount > 0),
  currency           text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  payout_account     text NOT NULL,
  requested_by       jsonb NOT NULL,
  scheduled          boolean NOT NULL DEFAULT false,
  approvals_needed   integer NOT NULL DEFAULT 0,
  approvals          jsonb NOT NULL DEFAULT '[]',
  payout_status      text NOT NULL DEFAULT 'requested' CHECK (payout_status IN
    ('requested', 'awaiting_approval', 'transferring', 'in_transit', 'paid', 'returning', 'failed', 'returned', 'refused', 'needs_attention')),
  failure_reason     text,
  failure_message    text,
  transfer_reference text,
  payout_reference   text,
  reversal_reference text,
  request_fingerprint bytea NOT NULL,
  sweep_after        timestamptz(3) NOT NULL DEFAULT now() + interval '10 seconds',
  created_at         timestamptz(3) NOT NULL DEFAULT now(),
  updated_at         timestamptz(3) NOT NULL DEFAULT now(),
  paid_at            timestamptz(3),
  PRIMARY KEY (merchant_id, payout_id),
  CHECK ((payout_status IN ('failed', 'returned', 'refused')) <= (failure_reason IS NOT NULL))
);
CREATE INDEX payout_of_seller ON payouts.payout (merchant_id, seller_account, created_at);
CREATE INDEX payout_to_sweep ON payouts.payout (sweep_after)
  WHERE payout_status NOT IN ('paid', 'failed', 'returned', 'refused');

-- What was sent under which key, since when: written before the PSP hears anything (I5, I6).
CREATE TABLE payouts.psp_call (
  merchant_id   text NOT NULL,
  payout_id     text NOT NULL,
  step          text NOT NULL CHECK (step IN ('transfer', 'payout', 'transfer_reversal')),
  attempt       integer NOT NULL CHECK (attempt > 0),
  sends         integer NOT NULL DEFAULT 1,
  first_sent_at timestamptz(3) NOT NULL DEFAULT now(),
  last_sent_at  timestamptz(3) NOT NULL DEFAULT now(),
  outcome       jsonb,
  PRIMARY KEY (merchant_id, payout_id, step, attempt),
  FOREIGN KEY (merchant_id, payout_id) REFERENCES payouts.payout
);

CREATE TABLE payouts.idempotency_key (
  merchant_id         text NOT NULL,
  idempotency_key     text NOT NULL,
  request_fingerprint bytea NOT NULL,
  payout_id           text NOT NULL,
  created_at          timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, idempotency_key)
);

-- When a seller is paid out without asking. `day`: 1 (Monday) to 7 for weekly, 1 to 28 for monthly.
CREATE TABLE payouts.payout_schedule (
  merchant_id     text NOT NULL,
  seller_account  text NOT NULL,
  currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  payout_interval text NOT NULL CHECK (payout_interval IN ('daily', 'weekly', 'monthly')),
  day             integer NOT NULL DEFAULT 1,
  minimum         bigint NOT NULL DEFAULT 1 CHECK (minimum > 0),
  time_zone       text NOT NULL DEFAULT 'UTC',
  active          boolean NOT NULL DEFAULT true,
  -- The revision that Temporal has been told of; behind while it is away.
  revision        integer NOT NULL DEFAULT 1,
  told_revision   integer NOT NULL DEFAULT 0,
  last_result     jsonb,
  updated_at      timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, seller_account, currency),
  CHECK (day BETWEEN 1 AND CASE payout_interval WHEN 'weekly' THEN 7 WHEN 'monthly' THEN 28 ELSE 1 END)
);
CREATE INDEX payout_schedule_untold ON payouts.payout_schedule (updated_at) WHERE told_revision < revision;

CREATE TABLE payouts.ops_action (
  ops_action_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id   text NOT NULL,
  payout_id     text NOT NULL,
  action        text NOT NULL,
  actor         text NOT NULL,
  reason        text NOT NULL,
  details       jsonb NOT NULL DEFAULT '{}',
  update_id     text NOT NULL,
  recorded_at   timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (merchant_id, payout_id, update_id)
);

-- Row first for a payout, once per id and per key. Answers 'created', 'replayed' (the same wish before), 'key_reused' or 'id_reused'.
CREATE FUNCTION payouts.create_payout(in_merchant_id text, in_payout jsonb, in_fingerprint bytea, in_idempotency_key text)
RETURNS TABLE (outcome text, payout_id text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_key     payouts.idempotency_key;
  v_earlier payouts.payout;
BEGIN
  IF in_idempotency_key IS NOT NULL THEN
    INSERT INTO payouts.idempotency_key (merchant_id, idempotency_key, request_fingerprint, payout_id)
    VALUES (in_merchant_id, in_idempotency_key, in_fingerprint, in_payout->>'payout_id') ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT * INTO STRICT v_key FROM payouts.idempotency_key
      WHERE merchant_id = in_merchant_id AND idempotency_key = in_idempotency_key;
      RETURN QUERY SELECT CASE WHEN v_key.request_fingerprint = in_fingerprint THEN 'replayed' ELSE 'key_reused' END, v_key.payout_id;
      RETURN;
    END IF;
  END IF;
  INSERT INTO payouts.payout (merchant_id, payout_id, seller_account, amount, currency, payout_account, requested_by,
                              scheduled, approvals_needed, request_fingerprint)
  VALUES (in_merchant_id, in_payout->>'payout_id', in_payout->>'seller_account', (in_payout->>'amount')::bigint,
          in_payout->>'currency', in_payout->>'payout_account', in_payout->'requested_by', (in_payout->>'scheduled')::boolean,
          (in_payout->>'approvals_needed')::integer, in_fingerprint)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO STRICT v_earlier FROM payouts.payout WHERE merchant_id = in_merchant_id AND payout_id = in_payout->>'payout_id';
    IF v_earlier.request_fingerprint <> in_fingerprint THEN
      DELETE FROM payouts.idempotency_key WHERE merchant_id = in_merchant_id AND idempotency_key = in_idempotency_key;
      RETURN QUERY SELECT 'id_reused', v_earlier.payout_id;
      RETURN;
    END IF;
    RETURN QUERY SELECT 'replayed', v_earlier.payout_id;
    RETURN;
  END IF;
  RETURN QUERY SELECT 'created', in_payout->>'payout_id';
END
$$;

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA payouts TO paysaga_payouts;
GRANT UPDATE ON payouts.payout, payouts.psp_call, payouts.payout_schedule TO paysaga_payouts;
GRANT DELETE ON payouts.idempotency_key TO paysaga_payouts;
