-- Does what we have booked equal what the PSP has moved? Both sides side by side, day by day, and every difference by name.

DO $$
BEGIN
  BEGIN
    CREATE ROLE paysaga_reconciliation LOGIN;
  EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  ALTER ROLE paysaga_reconciliation SET search_path = reconciliation;
  ALTER ROLE paysaga_reconciliation SET statement_timeout = '4s';
  ALTER ROLE paysaga_reconciliation SET lock_timeout = '3s';
  ALTER ROLE paysaga_reconciliation SET idle_in_transaction_session_timeout = '4s';
END
$$;
CREATE SCHEMA reconciliation;
GRANT USAGE ON SCHEMA reconciliation TO paysaga_reconciliation;

-- What our ledger says has moved at the PSP: one row per entry on psp_clearing, signed as the PSP would (in above zero).
-- `key`: the process that it belongs to, the same on the PSP's side; `reference`, `parent`: how the PSP names its object.
CREATE TABLE reconciliation.item (
  merchant_id      text NOT NULL,
  source_type      text NOT NULL,
  source_id        text NOT NULL,
  leg              text NOT NULL,
  key              text NOT NULL,
  family           text NOT NULL CHECK (family IN ('charge', 'refund', 'transfer', 'dispute', 'other')),
  is_fee           boolean NOT NULL,
  amount           bigint NOT NULL,
  currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  payment_order_id text,
  reference        text,
  parent           text,
  effective_at     timestamptz(3) NOT NULL,
  matched_at       timestamptz(3),
  PRIMARY KEY (merchant_id, source_type, source_id, leg, currency)
);
CREATE INDEX item_by_key ON reconciliation.item (merchant_id, key);
CREATE INDEX item_by_reference ON reconciliation.item (merchant_id, family, reference) WHERE reference IS NOT NULL;
CREATE INDEX item_by_parent ON reconciliation.item (merchant_id, family, parent) WHERE parent IS NOT NULL;
CREATE INDEX item_open ON reconciliation.item (merchant_id, key) WHERE matched_at IS NULL;

-- What the PSP says has moved: its balance transactions, gross, fee and net apart (R2). `own_key`: whose it says it is.
CREATE TABLE reconciliation.line (
  merchant_id      text NOT NULL,
  line_id          text NOT NULL,
  account          text NOT NULL,
  family           text NOT NULL CHECK (family IN ('charge', 'refund', 'transfer', 'dispute', 'payout', 'fee', 'other')),
  type             text NOT NULL,
  amount           bigint NOT NULL,
  fee              bigint NOT NULL,
  net              bigint NOT NULL CHECK (net = amount - fee),
  currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  source           text,
  parent           text,
  own_key          text,
  payment_order_id text,
  created_at       timestamptz(3) NOT NULL,
  available_on     timestamptz(3) NOT NULL,
  key              text,
  matched_at       timestamptz(3),
  imported_at      timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (account, line_id)
);
CREATE INDEX line_by_time ON reconciliation.line (account, created_at);
CREATE INDEX line_by_key ON reconciliation.line (merchant_id, key) WHERE key IS NOT NULL;
CREATE INDEX line_open ON reconciliation.line (merchant_id, key) WHERE matched_at IS NULL;

-- How far each book has been read: up to which link of its hash chain, which no late commit gets in front of.
CREATE TABLE reconciliation.cursor (merchant_id text PRIMARY KEY, seq bigint NOT NULL);

-- One settlement day of one PSP account, by the account's own zone (R3). Run again it is brought up to date (R8).
CREATE TABLE reconciliation.run (
  merchant_id     text NOT NULL,
  settlement_date date NOT NULL,
  time_zone       text NOT NULL,
  starts_at       timestamptz(3) NOT NULL,
  ends_at         timestamptz(3) NOT NULL,
  state           text NOT NULL CHECK (state IN ('running', 'balanced', 'breaks', 'failed')),
  totals          jsonb NOT NULL DEFAULT '[]',
  times_run       integer NOT NULL DEFAULT 1,
  started_at      timestamptz(3) NOT NULL DEFAULT now(),
  finished_at     timestamptz(3),
  PRIMARY KEY (merchant_id, settlement_date)
);

-- One mismatch, once, however often its day is run. `timing` closes itself when the other side comes.
CREATE TABLE reconciliation.break (
  merchant_id      text NOT NULL,
  break_id         text NOT NULL,
  account          text NOT NULL,
  settlement_date  date NOT NULL,
  class            text NOT NULL
    CHECK (class IN ('timing', 'missing_here', 'missing_there', 'amount', 'currency', 'duplicate', 'status', 'fee', 'unknown')),
  key              text NOT NULL,
  payment_order_id text,
  our_amount       bigint,
  psp_amount       bigint,
  our_fee          bigint,
  psp_fee          bigint,
  our_currencies   text[] NOT NULL,
  psp_currencies   text[] NOT NULL,
  line_ids         text[] NOT NULL,
  state            text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'resolved')),
  resolution       text,
  resolved_by      jsonb,
  opened_at        timestamptz(3) NOT NULL DEFAULT now(),
  updated_at       timestamptz(3) NOT NULL DEFAULT now(),
  closed_at        timestamptz(3),
  PRIMARY KEY (merchant_id, break_id),
  CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE INDEX break_by_time ON reconciliation.break (merchant_id, opened_at DESC, break_id DESC);
CREATE UNIQUE INDEX break_open ON reconciliation.break (merchant_id, key) WHERE state = 'open';

-- Keeps our side, and how far the book was read, in one transaction. Safe to repeat.
CREATE FUNCTION reconciliation.add_items(in_merchant_id text, in_seq bigint, in_items jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_added integer;
BEGIN
  INSERT INTO reconciliation.item
    (merchant_id, source_type, source_id, leg, key, family, is_fee, amount, currency, payment_order_id, reference, parent, effective_at)
  SELECT in_merchant_id, i.* FROM jsonb_to_recordset(in_items) AS i(
    source_type text, source_id text, leg text, key text, family text, is_fee boolean, amount bigint, currency text, payment_order_id text,
    reference text, parent text, effective_at timestamptz)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS v_added = ROW_COUNT;
  INSERT INTO reconciliation.cursor AS c (merchant_id, seq) VALUES (in_merchant_id, in_seq)
  ON CONFLICT (merchant_id) DO UPDATE SET seq = greatest(c.seq, excluded.seq);
  RETURN v_added;
END
$$;

-- Keeps the PSP's side, each line once (R4). A line that says something else than before is believed, and matched anew; so is one of
-- which only now is known whose it is.
CREATE FUNCTION reconciliation.add_lines(in_account text, in_lines jsonb) RETURNS integer LANGUAGE plpgsql AS $$
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

-- Gives each line the key of the process that it belongs to: by the PSP's id of its object, else by the payment that it
-- hangs on, else by our own id that the object carries. Then the two sides of each key are compared, to the unit.
CREATE FUNCTION reconciliation.match(in_merchant_id text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_matched integer;
BEGIN
  UPDATE reconciliation.line AS l SET key = i.key
  FROM reconciliation.item AS i
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND i.merchant_id = l.merchant_id AND i.family = l.family AND i.reference = l.source
    AND l.key IS DISTINCT FROM i.key;
  UPDATE reconciliation.line AS l SET key = i.key
  FROM reconciliation.item AS i
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND (l.key IS NULL OR l.key = l.own_key) AND i.merchant_id = l.merchant_id AND i.family = l.family AND i.parent = l.parent;
  -- A second payment of one order says our id of it as well: only what no id of the PSP's explains goes by ours.
  UPDATE reconciliation.line AS l SET key = l.own_key
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND l.key IS NULL AND l.own_key IS NOT NULL
    AND EXISTS (SELECT FROM reconciliation.item AS i WHERE i.merchant_id = l.merchant_id AND i.key = l.own_key);
  -- A line that nobody here knows is a case of its own.
  UPDATE reconciliation.line AS l SET key = coalesce(l.own_key, 'line/' || l.line_id)
  WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND l.key IS NULL;

  WITH even AS (
    SELECT key FROM reconciliation.side_by_side(in_merchant_id) WHERE is_even),
  lines AS (
    UPDATE reconciliation.line AS l SET matched_at = now() FROM even
    WHERE l.merchant_id = in_merchant_id AND l.key = even.key AND l.matched_at IS NULL RETURNING 1),
  items AS (
    UPDATE reconciliation.item AS i SET matched_at = now() FROM even
    WHERE i.merchant_id = in_merchant_id AND i.key = even.key AND i.matched_at IS NULL)
  SELECT count(*) INTO v_matched FROM lines;
  RETURN v_matched;
END
$$;

-- Both sides of every key with something unmatched. Fees are compared where we book them ourselves: with disputes.
CREATE FUNCTION reconciliation.side_by_side(in_merchant_id text)
RETURNS TABLE (
  key text, family text, payment_order_id text, our_count bigint, psp_count bigint, our_amount bigint, psp_amount bigint, our_fee bigint, psp_fee bigint,
  our_currencies text[], psp_currencies text[], line_ids text[], has_own_key boolean, oldest timestamptz, newest timestamptz, is_even boolean
) LANGUAGE sql STABLE AS $$
  WITH open AS (
    SELECT l.key FROM reconciliation.line AS l WHERE l.merchant_id = in_merchant_id AND l.matched_at IS NULL AND l.key IS NOT NULL
    UNION
    SELECT i.key FROM reconciliation.item AS i WHERE i.merchant_id = in_merchant_id AND i.matched_at IS NULL),
  -- Currency by currency: no sum of one is ever weighed against a sum of another (M5).
  our_parts AS (
    SELECT i.key, i.currency, min(i.family) AS family, max(i.payment_order_id) AS payment_order_id, count(*) FILTER (WHERE NOT i.is_fee) AS n,
           coalesce(sum(i.amount) FILTER (WHERE NOT i.is_fee), 0)::bigint AS amount, coalesce(sum(i.amount) FILTER (WHERE i.is_fee), 0)::bigint AS fee,
           min(i.effective_at) AS oldest, max(i.effective_at) AS newest
    FROM open JOIN reconciliation.item AS i ON i.merchant_id = in_merchant_id AND i.key = open.key GROUP BY i.key, i.currency),
  their_parts AS (
    SELECT l.key, l.currency, min(l.family) AS family, max(l.payment_order_id) AS payment_order_id, count(*) AS n, sum(l.amount)::bigint AS amount,
           coalesce(-sum(l.fee) FILTER (WHERE l.family = 'dispute'), 0)::bigint AS fee, bool_or(l.own_key IS NOT NULL) AS has_own_key,
           min(l.created_at) AS oldest, max(l.created_at) AS newest
    FROM open JOIN reconciliation.line AS l ON l.merchant_id = in_merchant_id AND l.key = open.key GROUP BY l.key, l.currency),
  ours AS (
    SELECT p.key, min(p.family) AS family, max(p.payment_order_id) AS payment_order_id, sum(p.n)::bigint AS n,
           CASE WHEN count(*) = 1 THEN min(p.amount) END AS amount, CASE WHEN count(*) = 1 THEN min(p.fee) END AS fee,
           array_agg(p.currency ORDER BY p.currency) AS currencies, array_agg(ROW(p.currency, p.amount, p.fee)::text ORDER BY p.currency) AS parts,
           min(p.oldest) AS oldest, max(p.newest) AS newest
    FROM our_parts AS p GROUP BY p.key),
  theirs AS (
    SELECT p.key, min(p.family) AS family, max(p.payment_order_id) AS payment_order_id, sum(p.n)::bigint AS n,
           CASE WHEN count(*) = 1 THEN min(p.amount) END AS amount, CASE WHEN count(*) = 1 THEN min(p.fee) END AS fee,
           array_agg(p.currency ORDER BY p.currency) AS currencies, array_agg(ROW(p.currency, p.amount, p.fee)::text ORDER BY p.currency) AS parts,
           bool_and(p.amount = 0 AND p.fee = 0) AS is_nothing, bool_or(p.has_own_key) AS has_own_key, min(p.oldest) AS oldest, max(p.newest) AS newest
    FROM their_parts AS p GROUP BY p.key)
  SELECT key, coalesce(ours.family, theirs.family), coalesce(ours.payment_order_id, theirs.payment_order_id), coalesce(ours.n, 0), coalesce(theirs.n, 0),
         ours.amount, theirs.amount, ours.fee, theirs.fee, coalesce(ours.currencies, '{}'), coalesce(theirs.currencies, '{}'),
         ARRAY(SELECT l.line_id FROM reconciliation.line AS l WHERE l.merchant_id = in_merchant_id AND l.key = key_of.key ORDER BY l.created_at, l.line_id),
         coalesce(theirs.has_own_key, false), least(ours.oldest, theirs.oldest), greatest(ours.newest, theirs.newest),
         -- What has come and gone again without anything booked here moves nothing.
         coalesce(ours.parts = theirs.parts, false) OR (ours.n IS NULL AND theirs.is_nothing AND theirs.n > 1)
  FROM open AS key_of LEFT JOIN ours USING (key) LEFT JOIN theirs USING (key)
$$;

-- Names what is left after matching: opens breaks, brings open ones up to date, closes those whose sides now agree.
CREATE FUNCTION reconciliation.classify(in_merchant_id text, in_account text, in_date date, in_ends_at timestamptz, in_settle interval, in_window interval)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CREATE TEMP TABLE IF NOT EXISTS found ON COMMIT DROP AS
  SELECT s.*, CASE
    -- What is on its way: our side is minutes old, or the PSP has not settled it yet.
    WHEN (s.newest > now() - in_settle AND s.our_count <> s.psp_count) OR (s.psp_count = 0 AND s.oldest > in_ends_at - in_window) THEN 'timing'
    WHEN s.psp_count = 0 THEN 'missing_there'
    WHEN s.our_count = 0 AND s.has_own_key THEN 'missing_here'
    WHEN s.our_count = 0 THEN 'unknown'
    WHEN s.our_currencies <> s.psp_currencies THEN 'currency'
    WHEN s.our_amount = s.psp_amount AND s.our_fee <> s.psp_fee THEN 'fee'
    WHEN s.psp_count > s.our_count AND s.psp_amount * s.our_count = s.our_amount * s.psp_count THEN 'duplicate'
    WHEN s.psp_count <> s.our_count THEN 'status'
    ELSE 'amount' END AS class
  FROM reconciliation.side_by_side(in_merchant_id) AS s
  WHERE NOT s.is_even AND (s.oldest < in_ends_at OR s.psp_count > 0);

  INSERT INTO reconciliation.break AS b
    (merchant_id, break_id, account, settlement_date, class, key, payment_order_id, our_amount, psp_amount, our_fee, psp_fee, our_currencies, psp_currencies, line_ids)
  SELECT in_merchant_id, 'brk_' || left(encode(sha256(convert_to(concat_ws('|', in_merchant_id, f.key, f.our_amount, f.psp_amount, f.our_fee, f.psp_fee, f.psp_currencies::text), 'UTF8')), 'hex'), 24),
         in_account, in_date, f.class, f.key, f.payment_order_id, f.our_amount, f.psp_amount, f.our_fee, f.psp_fee, f.our_currencies, f.psp_currencies, f.line_ids
  FROM found AS f
  WHERE NOT EXISTS (SELECT FROM reconciliation.break AS o WHERE o.merchant_id = in_merchant_id AND o.key = f.key AND o.state = 'open')
  -- The very same mismatch that a person has resolved is not opened again (R8).
  ON CONFLICT (merchant_id, break_id) DO NOTHING;

  UPDATE reconciliation.break AS b
  SET class = f.class, our_amount = f.our_amount, psp_amount = f.psp_amount, our_fee = f.our_fee, psp_fee = f.psp_fee, our_currencies = f.our_currencies,
      psp_currencies = f.psp_currencies, line_ids = f.line_ids, updated_at = now()
  FROM found AS f
  WHERE b.merchant_id = in_merchant_id AND b.key = f.key AND b.state = 'open'
    AND (b.class, b.our_amount, b.psp_amount, b.our_fee, b.psp_fee, b.line_ids) IS DISTINCT FROM (f.class, f.our_amount, f.psp_amount, f.our_fee, f.psp_fee, f.line_ids);

  UPDATE reconciliation.break AS b
  SET state = 'closed', resolution = 'both sides agree', closed_at = now(), updated_at = now()
  WHERE b.merchant_id = in_merchant_id AND b.state = 'open'
    AND NOT EXISTS (SELECT FROM reconciliation.line AS l WHERE l.merchant_id = b.merchant_id AND l.key = b.key AND l.matched_at IS NULL)
    AND NOT EXISTS (SELECT FROM reconciliation.item AS i WHERE i.merchant_id = b.merchant_id AND i.key = b.key AND i.matched_at IS NULL);
  DROP TABLE found;
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA reconciliation FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA reconciliation TO paysaga_reconciliation;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA reconciliation TO paysaga_reconciliation;

DO $$
DECLARE
  t record;
BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'reconciliation'
  LOOP
    EXECUTE format('ALTER TABLE reconciliation.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t.tablename);
    EXECUTE format('CREATE POLICY owner_sees_all ON reconciliation.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t.tablename);
    EXECUTE format(
      $policy$CREATE POLICY own_merchant ON reconciliation.%I TO paysaga_reconciliation
        USING (merchant_id = current_setting('paysaga.merchant', true) OR current_setting('paysaga.merchant', true) = '*')$policy$, t.tablename);
  END LOOP;
END
$$;
