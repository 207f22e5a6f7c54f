-- The first form of the reconciliation's tables kept a line once per merchant, and a movement without its currency; they were corrected in place.
-- A database that had the first form by then is brought to the same here; to any other this does nothing.

ALTER TABLE reconciliation.item DROP CONSTRAINT item_pkey, ADD PRIMARY KEY (merchant_id, source_type, source_id, leg, currency);

-- Of a line that was kept for two merchants, one stays: the next import says whose it is.
DELETE FROM reconciliation.line AS l USING reconciliation.line AS other
WHERE other.account = l.account AND other.line_id = l.line_id AND other.merchant_id < l.merchant_id;
ALTER TABLE reconciliation.line DROP CONSTRAINT line_pkey, ADD PRIMARY KEY (account, line_id);
DROP INDEX reconciliation.line_open;
CREATE INDEX line_open ON reconciliation.line (merchant_id, key) WHERE matched_at IS NULL;

ALTER TABLE reconciliation.run DROP CONSTRAINT run_state_check,
  ADD CONSTRAINT run_state_check CHECK (state IN ('running', 'balanced', 'breaks', 'failed'));

CREATE OR REPLACE FUNCTION reconciliation.add_lines(in_account text, in_lines jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_changed integer;
BEGIN
  INSERT INTO reconciliation.line AS l
    (account, merchant_id, line_id, family, type, amount, fee, net, currency, source, parent, own_key, payment_order_id, created_at, available_on)
  SELECT in_account, i.* FROM jsonb_to_recordset(in_lines) AS i(
    merchant_id text, line_id text, family text, type text, amount bigint, fee bigint, net bigint, currency text, source text, parent text,
    own_key text, payment_order_id text, created_at timestamptz, available_on timestamptz)
  ON CONFLICT (account, line_id) DO UPDATE
  SET merchant_id = excluded.merchant_id, amount = excluded.amount, fee = excluded.fee, net = excluded.net, currency = excluded.currency,
      key = NULL, matched_at = NULL
  WHERE (l.merchant_id, l.amount, l.fee, l.currency) IS DISTINCT FROM (excluded.merchant_id, excluded.amount, excluded.fee, excluded.currency);
  GET DIAGNOSTICS v_changed = ROW_COUNT;
  RETURN v_changed;
END
$$;

-- So were those of the cases: at first they knew no reserves, and kept a file's days as dates.
ALTER TABLE reconciliation.line DROP CONSTRAINT line_family_check,
  ADD CONSTRAINT line_family_check CHECK (family IN ('charge', 'refund', 'transfer', 'dispute', 'payout', 'fee', 'reserve', 'other'));
ALTER TABLE reconciliation.booking DROP CONSTRAINT booking_kind_check,
  ADD CONSTRAINT booking_kind_check CHECK (kind IN ('settled', 'disputed', 'psp_fee', 'reserved'));
ALTER TABLE reconciliation.file ALTER COLUMN days DROP DEFAULT, ALTER COLUMN days TYPE text[] USING days::text[], ALTER COLUMN days SET DEFAULT '{}';

CREATE OR REPLACE FUNCTION reconciliation.match(in_merchant_id text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_matched integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('reconciliation/' || in_merchant_id, 0));
  UPDATE reconciliation.line AS l SET key = 'psp/' || l.line_id, matched_at = now()
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND l.family IN ('fee', 'payout', 'reserve');
  UPDATE reconciliation.line AS l SET key = i.key
  FROM reconciliation.item AS i
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND i.merchant_id = l.merchant_id AND i.family = l.family AND i.reference = l.source
    AND l.key IS DISTINCT FROM i.key;
  UPDATE reconciliation.line AS l SET key = i.key
  FROM reconciliation.item AS i
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND (l.key IS NULL OR l.key = l.own_key) AND i.merchant_id = l.merchant_id
    AND i.family = l.family AND i.parent = l.parent AND l.key IS DISTINCT FROM i.key;
  -- A second payment of one order says our id of it as well: only what no id of the PSP's explains goes by ours.
  UPDATE reconciliation.line AS l SET key = l.own_key
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND l.key IS NULL AND l.own_key IS NOT NULL
    AND EXISTS (SELECT FROM reconciliation.item AS i WHERE i.merchant_id = l.merchant_id AND i.key = l.own_key);
  -- A line that nobody here knows is a case of its own.
  UPDATE reconciliation.line AS l SET key = coalesce(l.own_key, 'line/' || l.line_id)
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND l.key IS NULL;

  CREATE TEMP TABLE even ON COMMIT DROP AS SELECT s.key FROM reconciliation.side_by_side(in_merchant_id) AS s WHERE s.is_even;
  ANALYZE even;
  UPDATE reconciliation.item AS i SET matched_at = now() FROM even
  WHERE i.merchant_id = in_merchant_id AND i.key = even.key AND i.matched_at IS NULL;
  UPDATE reconciliation.line AS l SET matched_at = now() FROM even
  WHERE l.merchant_id = in_merchant_id AND l.key = even.key AND l.matched_at IS NULL;
  GET DIAGNOSTICS v_matched = ROW_COUNT;
  DROP TABLE even;
  RETURN v_matched;
END
$$;

CREATE OR REPLACE FUNCTION reconciliation.plan_bookings(in_merchant_id text, in_account text, in_date date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_lines integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('reconciliation/' || in_merchant_id, 0));
  WITH due AS (
    SELECT l.account, l.line_id, l.amount, l.fee, l.currency, l.booked_amount, l.booked_fee, l.booked_currency,
           CASE l.family WHEN 'dispute' THEN 'disputed' WHEN 'fee' THEN 'psp_fee' WHEN 'reserve' THEN 'reserved' ELSE 'settled' END AS kind
    FROM reconciliation.line AS l
    WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NOT NULL
      AND (l.booked_amount, l.booked_fee, l.booked_currency) IS DISTINCT FROM (l.amount, l.fee, l.currency)),
  parts AS (
    SELECT kind, currency, amount, fee, 1 AS n FROM due
    UNION ALL
    SELECT kind, booked_currency, -booked_amount, -booked_fee, 0 FROM due WHERE booked_amount IS NOT NULL),
  planned AS (
    INSERT INTO reconciliation.booking (merchant_id, booking_id, account, settlement_date, kind, currency, lines, amount, fee)
    SELECT in_merchant_id, 'bkg_' || replace(gen_random_uuid()::text, '-', ''), in_account, in_date, kind, currency, sum(n), sum(amount), sum(fee)
    FROM parts GROUP BY kind, currency HAVING sum(amount) <> 0 OR sum(fee) <> 0),
  marked AS (
    UPDATE reconciliation.line AS l SET booked_amount = l.amount, booked_fee = l.fee, booked_currency = l.currency
    FROM due WHERE l.account = due.account AND l.line_id = due.line_id RETURNING 1)
  SELECT count(*) INTO v_lines FROM marked;
  RETURN v_lines;
END
$$;

CREATE OR REPLACE FUNCTION reconciliation.accept_settlement_file(in_merchant_id text, in_file_id text, in_totals jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_lines   integer;
  v_new     integer;
  v_changed integer;
  v_days    text[];
  v_verdict text;
BEGIN
  SELECT count(*), array_agg(DISTINCT (s.created_at AT TIME ZONE f.time_zone)::date::text) INTO v_lines, v_days
  FROM reconciliation.staged_line AS s JOIN reconciliation.file AS f USING (merchant_id, file_id)
  WHERE s.merchant_id = in_merchant_id AND s.file_id = in_file_id;
  WITH written AS (
    INSERT INTO reconciliation.line AS l
      (account, merchant_id, line_id, family, type, amount, fee, net, currency, source, parent, own_key, payment_order_id, created_at, available_on)
    SELECT in_merchant_id, owner_id, line_id, family, type, amount, fee, net, currency, source, parent, own_key, payment_order_id, created_at, available_on
    FROM reconciliation.staged_line WHERE merchant_id = in_merchant_id AND file_id = in_file_id
    ON CONFLICT (account, line_id) DO UPDATE
    SET merchant_id = excluded.merchant_id, amount = excluded.amount, fee = excluded.fee, net = excluded.net, currency = excluded.currency,
        key = NULL, matched_at = NULL
    WHERE (l.merchant_id, l.amount, l.fee, l.currency) IS DISTINCT FROM (excluded.merchant_id, excluded.amount, excluded.fee, excluded.currency)
    RETURNING (xmax = 0) AS is_new)
  SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) INTO v_new, v_changed FROM written;
  v_verdict := CASE WHEN v_changed > 0 THEN 'corrected' WHEN v_new > 0 THEN 'accepted' ELSE 'unchanged' END;
  UPDATE reconciliation.file SET state = 'accepted', verdict = v_verdict, lines = v_lines, new_lines = v_new, changed_lines = v_changed, totals = in_totals,
         days = coalesce(v_days, '{}'), finished_at = now()
  WHERE merchant_id = in_merchant_id AND file_id = in_file_id;
  DELETE FROM reconciliation.staged_line WHERE merchant_id = in_merchant_id AND file_id = in_file_id;
  DELETE FROM reconciliation.file_part WHERE merchant_id = in_merchant_id AND file_id = in_file_id;
  RETURN v_verdict;
END
$$;
