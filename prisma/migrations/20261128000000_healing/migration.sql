-- What differs becomes a case, what is safe to mend is mended and booked, and files and the bank are heard as well.

-- ───────────────────────────────────────────── the PSP's lines in the book ───────────────────────────

-- What of a line the ledger has: nothing until both sides agree. A line that says something else afterwards is booked by the difference.
ALTER TABLE reconciliation.line
  ADD COLUMN booked_amount bigint, ADD COLUMN booked_fee bigint, ADD COLUMN booked_currency text,
  ADD COLUMN bank_entry_id text;
CREATE INDEX line_unbooked ON reconciliation.line (merchant_id) WHERE matched_at IS NOT NULL AND booked_amount IS NULL;
CREATE INDEX line_to_bank ON reconciliation.line (merchant_id, currency, amount) WHERE family = 'payout' AND bank_entry_id IS NULL;

-- What the PSP holds back for a while is still ours, in an account of its own (R2).
ALTER TABLE reconciliation.line DROP CONSTRAINT line_family_check,
  ADD CONSTRAINT line_family_check CHECK (family IN ('charge', 'refund', 'transfer', 'dispute', 'payout', 'fee', 'reserve', 'other'));

-- One posting for all lines of a kind that were booked together: planned with the lines it is of, then posted under its own id.
CREATE TABLE reconciliation.booking (
  merchant_id     text NOT NULL,
  booking_id      text NOT NULL,
  account         text NOT NULL,
  settlement_date date NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('settled', 'disputed', 'psp_fee', 'reserved')),
  currency        text NOT NULL,
  lines           integer NOT NULL,
  amount          bigint NOT NULL,
  fee             bigint NOT NULL,
  planned_at      timestamptz(3) NOT NULL DEFAULT now(),
  posted_at       timestamptz(3),
  PRIMARY KEY (merchant_id, booking_id)
);
CREATE INDEX booking_unposted ON reconciliation.booking (merchant_id) WHERE posted_at IS NULL;

-- Of each account at the PSP, a day's opening and closing, and whether its lines make the one out of the other.
CREATE TABLE reconciliation.balance (
  merchant_id     text NOT NULL,
  psp_account     text NOT NULL,
  settlement_date date NOT NULL,
  currency        text NOT NULL,
  opening         bigint NOT NULL,
  lines           integer NOT NULL,
  net             bigint NOT NULL,
  closing         bigint NOT NULL,
  ledger          bigint,
  expected_ledger bigint,
  read_at         timestamptz(3) NOT NULL,
  PRIMARY KEY (merchant_id, psp_account, settlement_date, currency)
);

ALTER TABLE reconciliation.run
  ADD COLUMN breaks jsonb NOT NULL DEFAULT '[]', ADD COLUMN checks jsonb NOT NULL DEFAULT '[]', ADD COLUMN version integer NOT NULL DEFAULT 1,
  ADD COLUMN mailed_at timestamptz(3);

-- `against`: whose word ours differs from. `remedy`: what was done by itself, and what came of it. Over a limit a second person
-- must agree to what the first has proposed.
ALTER TABLE reconciliation.break
  ADD COLUMN against text NOT NULL DEFAULT 'psp' CHECK (against IN ('psp', 'bank')),
  ADD COLUMN remedy text CHECK (remedy IN ('told', 'booked_fee', 'suspense', 'none')),
  ADD COLUMN remedy_note text, ADD COLUMN remedied_at timestamptz(3),
  ADD COLUMN due_at timestamptz(3), ADD COLUMN reminders integer NOT NULL DEFAULT 0, ADD COLUMN escalated_at timestamptz(3),
  ADD COLUMN outcome text CHECK (outcome IN ('psp_is_right', 'explained')),
  ADD COLUMN proposed jsonb, ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE INDEX break_of_account ON reconciliation.break (account, settlement_date);

-- ───────────────────────────────────────────── comparing ─────────────────────────────────────────────

-- As before, and: what the PSP takes for itself, holds back, or pays out to the bank, has no other side here.
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

-- Both sides of every key with something unmatched, to the unit. Sums that are nothing don't differ; a correction of ours counts as our side.
CREATE OR REPLACE FUNCTION reconciliation.side_by_side(in_merchant_id text)
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
    SELECT i.key, i.currency, min(i.family) AS family, max(i.payment_order_id) AS payment_order_id,
           count(*) FILTER (WHERE NOT i.is_fee AND i.source_type <> 'break') AS n, bool_or(i.source_type = 'break') AS is_corrected,
           coalesce(sum(i.amount) FILTER (WHERE NOT i.is_fee), 0)::bigint AS amount, coalesce(sum(i.amount) FILTER (WHERE i.is_fee), 0)::bigint AS fee,
           min(i.effective_at) AS oldest, max(i.effective_at) AS newest
    FROM open JOIN reconciliation.item AS i ON i.merchant_id = in_merchant_id AND i.key = open.key GROUP BY i.key, i.currency),
  their_parts AS (
    SELECT l.key, l.currency, min(l.family) AS family, max(l.payment_order_id) AS payment_order_id, count(*) AS n, sum(l.amount)::bigint AS amount,
           coalesce(-sum(l.fee) FILTER (WHERE l.family = 'dispute'), 0)::bigint AS fee, bool_or(l.own_key IS NOT NULL) AS has_own_key,
           min(l.created_at) AS oldest, max(l.created_at) AS newest
    FROM open JOIN reconciliation.line AS l ON l.merchant_id = in_merchant_id AND l.key = open.key GROUP BY l.key, l.currency),
  ours AS (
    SELECT p.key, min(p.family) AS family, max(p.payment_order_id) AS payment_order_id, sum(p.n)::bigint AS n, bool_or(p.is_corrected) AS is_corrected,
           CASE WHEN count(*) = 1 THEN min(p.amount) END AS amount, CASE WHEN count(*) = 1 THEN min(p.fee) END AS fee,
           array_agg(p.currency ORDER BY p.currency) AS currencies,
           array_agg(ROW(p.currency, p.amount, p.fee)::text ORDER BY p.currency) FILTER (WHERE p.amount <> 0 OR p.fee <> 0) AS parts,
           min(p.oldest) AS oldest, max(p.newest) AS newest
    FROM our_parts AS p GROUP BY p.key),
  theirs AS (
    SELECT p.key, min(p.family) AS family, max(p.payment_order_id) AS payment_order_id, sum(p.n)::bigint AS n,
           CASE WHEN count(*) = 1 THEN min(p.amount) END AS amount, CASE WHEN count(*) = 1 THEN min(p.fee) END AS fee,
           array_agg(p.currency ORDER BY p.currency) AS currencies,
           array_agg(ROW(p.currency, p.amount, p.fee)::text ORDER BY p.currency) FILTER (WHERE p.amount <> 0 OR p.fee <> 0) AS parts,
           bool_or(p.has_own_key) AS has_own_key, min(p.oldest) AS oldest, max(p.newest) AS newest
    FROM their_parts AS p GROUP BY p.key)
  SELECT key, coalesce(ours.family, theirs.family), coalesce(ours.payment_order_id, theirs.payment_order_id), coalesce(ours.n, 0), coalesce(theirs.n, 0),
         ours.amount, theirs.amount, ours.fee, theirs.fee, coalesce(ours.currencies, '{}'), coalesce(theirs.currencies, '{}'),
         ARRAY(SELECT l.line_id FROM reconciliation.line AS l WHERE l.merchant_id = in_merchant_id AND l.key = key_of.key ORDER BY l.created_at, l.line_id),
         coalesce(theirs.has_own_key, false), least(ours.oldest, theirs.oldest), greatest(ours.newest, theirs.newest),
         coalesce(ours.parts, '{}') = coalesce(theirs.parts, '{}')
         -- Nothing on the other side at all is even only when a correction says so, or when what came has gone again.
         AND ((ours.n IS NOT NULL AND theirs.n IS NOT NULL) OR coalesce(ours.is_corrected, false) OR (ours.n IS NULL AND theirs.n > 1))
  FROM open AS key_of LEFT JOIN ours USING (key) LEFT JOIN theirs USING (key)
$$;

-- Names what is left after matching: opens breaks, brings open ones up to date, closes those whose sides now agree.
-- A break is of the day in which its first movement was, whichever run has found it (R8).
DROP FUNCTION reconciliation.classify(text, text, date, timestamptz, interval, interval);
CREATE FUNCTION reconciliation.classify(
  in_merchant_id text, in_account text, in_zone text, in_ends_at timestamptz, in_until timestamptz, in_settle interval, in_window interval
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  -- What was late once is not young again when an earlier day is run again.
  v_as_of timestamptz := greatest(in_ends_at, (SELECT max(r.ends_at) FROM reconciliation.run AS r WHERE r.merchant_id = in_account));
BEGIN
  CREATE TEMP TABLE found ON COMMIT DROP AS
  SELECT s.*, CASE
    -- What is on its way: our side is minutes old, or the PSP has not settled it yet.
    WHEN (s.newest > now() - in_settle AND s.our_count <> s.psp_count) OR (s.psp_count = 0 AND s.oldest > v_as_of - in_window) THEN 'timing'
    WHEN s.psp_count = 0 THEN 'missing_there'
    WHEN s.our_count = 0 AND s.has_own_key THEN 'missing_here'
    WHEN s.our_count = 0 THEN 'unknown'
    WHEN s.our_currencies <> s.psp_currencies THEN 'currency'
    WHEN s.our_amount = s.psp_amount AND s.our_fee <> s.psp_fee THEN 'fee'
    WHEN s.psp_count > s.our_count AND s.psp_amount * s.our_count = s.our_amount * s.psp_count THEN 'duplicate'
    WHEN s.psp_count <> s.our_count THEN 'status'
    ELSE 'amount' END AS class
  FROM reconciliation.side_by_side(in_merchant_id) AS s
  -- What has begun to move since both sides were read is the next run's.
  WHERE NOT s.is_even AND s.oldest < least(in_ends_at, in_until);

  INSERT INTO reconciliation.break AS b
    (merchant_id, break_id, account, settlement_date, class, key, payment_order_id, our_amount, psp_amount, our_fee, psp_fee, our_currencies, psp_currencies, line_ids)
  SELECT in_merchant_id, 'brk_' || left(encode(sha256(convert_to(concat_ws('|', in_merchant_id, f.key, f.our_amount, f.psp_amount, f.our_fee, f.psp_fee, f.psp_currencies::text), 'UTF8')), 'hex'), 24),
         in_account, (f.oldest AT TIME ZONE in_zone)::date, f.class, f.key, f.payment_order_id, f.our_amount, f.psp_amount, f.our_fee, f.psp_fee, f.our_currencies, f.psp_currencies, f.line_ids
  FROM found AS f
  WHERE NOT EXISTS (SELECT FROM reconciliation.break AS o WHERE o.merchant_id = in_merchant_id AND o.key = f.key AND o.state = 'open')
  -- The very same mismatch that a person has resolved is not opened again (R8); one that had closed itself is.
  ON CONFLICT (merchant_id, break_id) DO UPDATE
  SET state = 'open', class = excluded.class, line_ids = excluded.line_ids, resolution = NULL, closed_at = NULL, updated_at = now(), remedy = NULL, remedy_note = NULL,
      remedied_at = NULL, due_at = NULL, reminders = 0, escalated_at = NULL, proposed = NULL
  WHERE b.state = 'closed';

  UPDATE reconciliation.break AS b
  SET class = f.class, our_amount = f.our_amount, psp_amount = f.psp_amount, our_fee = f.our_fee, psp_fee = f.psp_fee, our_currencies = f.our_currencies,
      psp_currencies = f.psp_currencies, line_ids = f.line_ids, updated_at = now(),
      -- Another mismatch than the one that something was done about.
      remedy = NULL, remedy_note = NULL, remedied_at = NULL, proposed = NULL
  FROM found AS f
  WHERE b.merchant_id = in_merchant_id AND b.key = f.key AND b.state = 'open' AND b.against = 'psp'
    AND (b.class, b.our_amount, b.psp_amount, b.our_fee, b.psp_fee, b.line_ids) IS DISTINCT FROM (f.class, f.our_amount, f.psp_amount, f.our_fee, f.psp_fee, f.line_ids);

  UPDATE reconciliation.break AS b
  SET state = 'closed', closed_at = now(), updated_at = now(),
      resolution = CASE WHEN b.remedy IS NULL OR b.remedy = 'none' THEN 'both sides agree' ELSE 'mended: ' || b.remedy_note END
  WHERE b.merchant_id = in_merchant_id AND b.state = 'open' AND b.against = 'psp'
    -- What went to suspense is booked, and still a person's to explain (R6).
    AND b.remedy IS DISTINCT FROM 'suspense'
    AND NOT EXISTS (SELECT FROM reconciliation.line AS l WHERE l.merchant_id = b.merchant_id AND l.key = b.key AND l.matched_at IS NULL)
    AND NOT EXISTS (SELECT FROM reconciliation.item AS i WHERE i.merchant_id = b.merchant_id AND i.key = b.key AND i.matched_at IS NULL);
  DROP TABLE found;
END
$$;

-- What the PSP's side of a key is more than ours, by currency: what a correction would have to book.
CREATE FUNCTION reconciliation.difference(in_merchant_id text, in_key text)
RETURNS TABLE (currency text, amount bigint, fee bigint) LANGUAGE sql STABLE AS $$
  SELECT currency, sum(amount)::bigint, sum(fee)::bigint FROM (
    SELECT l.currency, l.amount, CASE WHEN l.family = 'dispute' THEN -l.fee ELSE 0 END AS fee
    FROM reconciliation.line AS l WHERE l.merchant_id = in_merchant_id AND l.key = in_key
    UNION ALL
    SELECT i.currency, CASE WHEN i.is_fee THEN 0 ELSE -i.amount END, CASE WHEN i.is_fee THEN -i.amount ELSE 0 END
    FROM reconciliation.item AS i WHERE i.merchant_id = in_merchant_id AND i.key = in_key) AS sides
  GROUP BY currency HAVING sum(amount) <> 0 OR sum(fee) <> 0 ORDER BY currency
$$;

-- Plans the postings of all lines that agree and are not booked yet, or say something else than was booked, in one transaction with
-- the mark on the lines. A dispute's fee is booked with the dispute; everybody else's is the PSP's fee (R2).
CREATE FUNCTION reconciliation.plan_bookings(in_merchant_id text, in_account text, in_date date) RETURNS integer LANGUAGE plpgsql AS $$
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

-- ───────────────────────────────────────────── files ─────────────────────────────────────────────────

-- A file is its content: the same one again is the same row (R4). Its parts are kept until there is a verdict on the whole.
CREATE TABLE reconciliation.file (
  merchant_id   text NOT NULL,
  file_id       text NOT NULL CHECK (file_id ~ '^[a-f0-9]{64}$'),
  kind          text NOT NULL CHECK (kind IN ('settlement', 'bank')),
  name          text NOT NULL,
  size          bigint NOT NULL,
  time_zone     text NOT NULL,
  state         text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'accepted', 'rejected')),
  verdict       text CHECK (verdict IN ('accepted', 'corrected', 'unchanged', 'empty', 'malformed', 'cut_short', 'wrong_totals', 'doubled')),
  problem       text,
  line_number   integer,
  lines         integer,
  new_lines     integer,
  changed_lines integer,
  totals        jsonb NOT NULL DEFAULT '[]',
  days          text[] NOT NULL DEFAULT '{}',
  received_by   text NOT NULL,
  received_at   timestamptz(3) NOT NULL DEFAULT now(),
  finished_at   timestamptz(3),
  PRIMARY KEY (merchant_id, file_id)
);
CREATE INDEX file_by_time ON reconciliation.file (merchant_id, received_at DESC, file_id DESC);
CREATE TABLE reconciliation.file_part (
  merchant_id text NOT NULL,
  file_id     text NOT NULL,
  part        integer NOT NULL,
  content     bytea NOT NULL,
  received_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, file_id, part)
);

-- An upload becomes a file when all of it is there, under the hash of its content. Answers whether it is a new one.
CREATE FUNCTION reconciliation.keep_file(
  in_merchant_id text, in_upload text, in_file_id text, in_kind text, in_name text, in_size bigint, in_zone text, in_by text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO reconciliation.file (merchant_id, file_id, kind, name, size, time_zone, received_by)
  VALUES (in_merchant_id, in_file_id, in_kind, in_name, in_size, in_zone, in_by) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    UPDATE reconciliation.file_part SET file_id = in_file_id WHERE merchant_id = in_merchant_id AND file_id = in_upload;
    RETURN true;
  END IF;
  DELETE FROM reconciliation.file_part WHERE merchant_id = in_merchant_id AND file_id = in_upload;
  RETURN false;
END
$$;

-- A file's lines wait here until all of them have been read and its totals agree: then all come over, or none.
CREATE TABLE reconciliation.staged_line (
  merchant_id      text NOT NULL,
  file_id          text NOT NULL,
  line_id          text NOT NULL,
  line_number      integer NOT NULL,
  owner_id         text NOT NULL,
  family           text NOT NULL,
  type             text NOT NULL,
  amount           bigint NOT NULL,
  fee              bigint NOT NULL,
  net              bigint NOT NULL,
  currency         text NOT NULL,
  source           text,
  parent           text,
  own_key          text,
  payment_order_id text,
  created_at       timestamptz(3) NOT NULL,
  available_on     timestamptz(3) NOT NULL,
  PRIMARY KEY (merchant_id, file_id, line_id)
);
CREATE TABLE reconciliation.bank_entry (
  merchant_id  text NOT NULL,
  entry_id     text NOT NULL,
  file_id      text NOT NULL,
  bank_account text NOT NULL,
  booked_on    date NOT NULL,
  amount       bigint NOT NULL,
  currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  reference    text NOT NULL,
  is_psp       boolean NOT NULL,
  matched_at   timestamptz(3),
  matched_by   text CHECK (matched_by IN ('id', 'amount', 'group')),
  posted_at    timestamptz(3),
  PRIMARY KEY (merchant_id, entry_id)
);
CREATE INDEX bank_entry_open ON reconciliation.bank_entry (merchant_id, currency, amount) WHERE matched_at IS NULL;

-- Answers the first line of a batch that the file has already had; nothing when each is new.
CREATE FUNCTION reconciliation.stage_lines(in_merchant_id text, in_file_id text, in_lines jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_doubled integer;
BEGIN
  WITH given AS (
    SELECT i.*, row_number() OVER (PARTITION BY i.line_id ORDER BY i.line_number) AS nth FROM jsonb_to_recordset(in_lines) AS i(
      line_number integer, line_id text, owner_id text, family text, type text, amount bigint, fee bigint, net bigint, currency text, source text, parent text,
      own_key text, payment_order_id text, created_at timestamptz, available_on timestamptz)),
  staged AS (
    INSERT INTO reconciliation.staged_line
      (merchant_id, file_id, line_id, line_number, owner_id, family, type, amount, fee, net, currency, source, parent, own_key, payment_order_id, created_at, available_on)
    SELECT in_merchant_id, in_file_id, line_id, line_number, owner_id, family, type, amount, fee, net, currency, source, parent, own_key, payment_order_id,
           created_at, available_on
    FROM given WHERE nth = 1
    ON CONFLICT DO NOTHING RETURNING line_number)
  SELECT min(given.line_number) INTO v_doubled FROM given WHERE NOT EXISTS (SELECT FROM staged WHERE staged.line_number = given.line_number);
  RETURN v_doubled;
END
$$;

-- Takes a whole file over, in one transaction with its verdict.
CREATE FUNCTION reconciliation.accept_settlement_file(in_merchant_id text, in_file_id text, in_totals jsonb) RETURNS text LANGUAGE plpgsql AS $$
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

-- The entries of a bank statement, each once; one that says something else than before is believed.
CREATE FUNCTION reconciliation.accept_bank_file(in_merchant_id text, in_file_id text, in_entries jsonb, in_totals jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_lines   integer := jsonb_array_length(in_entries);
  v_new     integer;
  v_changed integer;
  v_verdict text;
BEGIN
  WITH written AS (
    INSERT INTO reconciliation.bank_entry AS e (merchant_id, entry_id, file_id, bank_account, booked_on, amount, currency, reference, is_psp)
    SELECT in_merchant_id, i.entry_id, in_file_id, i.bank_account, i.booked_on, i.amount, i.currency, i.reference, i.is_psp
    FROM jsonb_to_recordset(in_entries) AS i(entry_id text, bank_account text, booked_on date, amount bigint, currency text, reference text, is_psp boolean)
    ON CONFLICT (merchant_id, entry_id) DO UPDATE
    SET amount = excluded.amount, currency = excluded.currency, reference = excluded.reference, booked_on = excluded.booked_on, is_psp = excluded.is_psp
    WHERE e.matched_at IS NULL
      AND (e.amount, e.currency, e.reference, e.booked_on) IS DISTINCT FROM (excluded.amount, excluded.currency, excluded.reference, excluded.booked_on)
    RETURNING (xmax = 0) AS is_new)
  SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) INTO v_new, v_changed FROM written;
  v_verdict := CASE WHEN v_changed > 0 THEN 'corrected' WHEN v_new > 0 THEN 'accepted' ELSE 'unchanged' END;
  UPDATE reconciliation.file SET state = 'accepted', verdict = v_verdict, lines = v_lines, new_lines = v_new, changed_lines = v_changed, totals = in_totals,
         finished_at = now()
  WHERE merchant_id = in_merchant_id AND file_id = in_file_id;
  DELETE FROM reconciliation.file_part WHERE merchant_id = in_merchant_id AND file_id = in_file_id;
  RETURN v_verdict;
END
$$;

-- Nothing of a refused file stays but the word why.
CREATE FUNCTION reconciliation.reject_file(in_merchant_id text, in_file_id text, in_verdict text, in_problem text, in_line integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE reconciliation.file SET state = 'rejected', verdict = in_verdict, problem = in_problem, line_number = in_line, finished_at = now()
  WHERE merchant_id = in_merchant_id AND file_id = in_file_id AND state = 'received';
  DELETE FROM reconciliation.staged_line WHERE merchant_id = in_merchant_id AND file_id = in_file_id;
  DELETE FROM reconciliation.file_part WHERE merchant_id = in_merchant_id AND file_id = in_file_id;
END
$$;

-- The third way (R1): what the PSP has paid out against what the bank has. By the payout's id in the entry's text, else one to one by amount
-- and day, else the payouts of one day together. Then names what is left once the bank has told of days well after it.
CREATE FUNCTION reconciliation.match_bank(in_merchant_id text, in_account text, in_date date, in_days integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_matched integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('reconciliation/' || in_merchant_id, 0));
  UPDATE reconciliation.line AS l SET bank_entry_id = e.entry_id
  FROM reconciliation.bank_entry AS e
  WHERE l.merchant_id = in_merchant_id AND l.family = 'payout' AND l.bank_entry_id IS NULL AND e.merchant_id = l.merchant_id AND e.matched_at IS NULL
    AND l.source IS NOT NULL AND position(l.source IN e.reference) > 0 AND e.currency = l.currency;
  UPDATE reconciliation.bank_entry AS e SET matched_at = now(), matched_by = 'id'
  WHERE e.merchant_id = in_merchant_id AND e.matched_at IS NULL
    AND e.amount = (SELECT -sum(l.amount) FROM reconciliation.line AS l WHERE l.merchant_id = e.merchant_id AND l.bank_entry_id = e.entry_id);

  WITH pairs AS (
    SELECT l.line_id, e.entry_id, count(*) OVER (PARTITION BY l.line_id) AS of_line, count(*) OVER (PARTITION BY e.entry_id) AS of_entry
    FROM reconciliation.line AS l JOIN reconciliation.bank_entry AS e ON e.merchant_id = l.merchant_id AND e.currency = l.currency AND e.amount = -l.amount
     AND e.booked_on BETWEEN l.available_on::date - 1 AND l.available_on::date + in_days
    WHERE l.merchant_id = in_merchant_id AND l.family = 'payout' AND l.bank_entry_id IS NULL AND e.matched_at IS NULL AND e.is_psp
      AND NOT EXISTS (SELECT FROM reconciliation.line AS n WHERE n.merchant_id = in_merchant_id AND n.bank_entry_id = e.entry_id)),
  taken AS (
    UPDATE reconciliation.line AS l SET bank_entry_id = p.entry_id FROM pairs AS p
    WHERE l.merchant_id = in_merchant_id AND l.line_id = p.line_id AND p.of_line = 1 AND p.of_entry = 1 RETURNING p.entry_id)
  UPDATE reconciliation.bank_entry AS e SET matched_at = now(), matched_by = 'amount' FROM taken
  WHERE e.merchant_id = in_merchant_id AND e.entry_id = taken.entry_id;

  WITH groups AS (
    SELECT l.currency, l.available_on::date AS day, -sum(l.amount) AS amount, array_agg(l.line_id) AS lines
    FROM reconciliation.line AS l WHERE l.merchant_id = in_merchant_id AND l.family = 'payout' AND l.bank_entry_id IS NULL
    GROUP BY l.currency, l.available_on::date HAVING count(*) > 1),
  pairs AS (
    SELECT g.lines, e.entry_id, count(*) OVER (PARTITION BY g.currency, g.day) AS of_group, count(*) OVER (PARTITION BY e.entry_id) AS of_entry
    FROM groups AS g JOIN reconciliation.bank_entry AS e ON e.merchant_id = in_merchant_id AND e.currency = g.currency AND e.amount = g.amount
     AND e.booked_on BETWEEN g.day - 1 AND g.day + in_days
    WHERE e.matched_at IS NULL AND e.is_psp
      AND NOT EXISTS (SELECT FROM reconciliation.line AS n WHERE n.merchant_id = in_merchant_id AND n.bank_entry_id = e.entry_id)),
  taken AS (
    UPDATE reconciliation.line AS l SET bank_entry_id = p.entry_id FROM pairs AS p
    WHERE l.merchant_id = in_merchant_id AND l.line_id = ANY (p.lines) AND p.of_group = 1 AND p.of_entry = 1 RETURNING p.entry_id)
  UPDATE reconciliation.bank_entry AS e SET matched_at = now(), matched_by = 'group' FROM (SELECT DISTINCT entry_id FROM taken) AS t
  WHERE e.merchant_id = in_merchant_id AND e.entry_id = t.entry_id;

  CREATE TEMP TABLE found ON COMMIT DROP AS
  -- Paid out, and the bank has told of days well after it without a word of this.
  SELECT 'missing_there'::text AS class, 'bank/' || l.source AS key, l.amount AS ours, NULL::bigint AS theirs, ARRAY[l.currency] AS our_currencies,
         '{}'::text[] AS their_currencies, ARRAY[l.line_id] AS line_ids
  FROM reconciliation.line AS l
  WHERE l.merchant_id = in_merchant_id AND l.family = 'payout' AND l.amount < 0 AND l.bank_entry_id IS NULL
    AND l.available_on::date + in_days < (SELECT max(e.booked_on) FROM reconciliation.bank_entry AS e WHERE e.merchant_id = l.merchant_id AND e.currency = l.currency)
    AND l.available_on::date >= (SELECT min(e.booked_on) FROM reconciliation.bank_entry AS e WHERE e.merchant_id = l.merchant_id AND e.currency = l.currency)
    -- A payout that failed has come back to the balance.
    AND NOT EXISTS (SELECT FROM reconciliation.line AS b WHERE b.merchant_id = l.merchant_id AND b.family = 'payout' AND b.source = l.source AND b.amount = -l.amount)
  UNION ALL
  SELECT CASE WHEN l.lines IS NULL THEN 'unknown' ELSE 'amount' END, 'bank-entry/' || e.entry_id, -l.amount, e.amount,
         CASE WHEN l.lines IS NULL THEN '{}' ELSE ARRAY[e.currency] END, ARRAY[e.currency], coalesce(l.lines, '{}')
  FROM reconciliation.bank_entry AS e
  LEFT JOIN LATERAL (SELECT sum(l.amount)::bigint AS amount, array_agg(l.line_id) AS lines FROM reconciliation.line AS l
                     WHERE l.merchant_id = e.merchant_id AND l.bank_entry_id = e.entry_id) AS l ON true
  WHERE e.merchant_id = in_merchant_id AND e.is_psp AND e.matched_at IS NULL;

  INSERT INTO reconciliation.break AS b
    (merchant_id, break_id, account, settlement_date, class, key, our_amount, psp_amount, our_currencies, psp_currencies, line_ids, against)
  SELECT in_merchant_id, 'brk_' || left(encode(sha256(convert_to(concat_ws('|', in_merchant_id, f.key, f.ours, f.theirs), 'UTF8')), 'hex'), 24),
         in_account, in_date, f.class, f.key, f.ours, f.theirs, f.our_currencies, f.their_currencies, f.line_ids, 'bank'
  FROM found AS f
  WHERE NOT EXISTS (SELECT FROM reconciliation.break AS o WHERE o.merchant_id = in_merchant_id AND o.key = f.key AND o.state = 'open')
  ON CONFLICT (merchant_id, break_id) DO NOTHING;
  UPDATE reconciliation.break AS b
  SET state = 'closed', closed_at = now(), updated_at = now(), resolution = 'both sides agree'
  WHERE b.merchant_id = in_merchant_id AND b.state = 'open' AND b.against = 'bank' AND b.remedy IS DISTINCT FROM 'suspense'
    AND NOT EXISTS (SELECT FROM found AS f WHERE f.key = b.key);
  SELECT count(*) INTO v_matched FROM reconciliation.bank_entry WHERE merchant_id = in_merchant_id AND matched_at IS NOT NULL AND posted_at IS NULL;
  DROP TABLE found;
  RETURN v_matched;
END
$$;

-- ───────────────────────────────────────────── what is told ──────────────────────────────────────────

CREATE TABLE reconciliation.outbox (LIKE payments.outbox INCLUDING ALL);
GRANT SELECT, INSERT, DELETE ON reconciliation.outbox TO paysaga_reconciliation;

CREATE FUNCTION reconciliation.count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END
$$;
CREATE FUNCTION reconciliation.tell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  snapshot jsonb := to_jsonb(NEW);
BEGIN
  IF TG_TABLE_NAME = 'run' THEN
    INSERT INTO reconciliation.outbox (merchant_id, resource_type, resource_id, version, type, snapshot)
    VALUES (NEW.merchant_id, 'reconciliation_run', snapshot->>'settlement_date', NEW.version,
            'reconciliation_run.' || CASE NEW.state WHEN 'breaks' THEN 'differs' ELSE NEW.state END, snapshot - 'checks');
  ELSE
    INSERT INTO reconciliation.outbox (merchant_id, resource_type, resource_id, version, type, snapshot)
    VALUES (NEW.merchant_id, 'reconciliation_break', snapshot->>'break_id', NEW.version,
            'reconciliation_break.' || CASE WHEN NEW.state <> 'open' THEN NEW.state WHEN NEW.escalated_at IS NOT NULL THEN 'overdue' ELSE 'opened' END, snapshot);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER run_counts BEFORE UPDATE ON reconciliation.run
  FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.state <> 'running') EXECUTE FUNCTION reconciliation.count_version();
CREATE TRIGGER run_finished AFTER UPDATE ON reconciliation.run
  FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.state <> 'running') EXECUTE FUNCTION reconciliation.tell();
-- What may close itself is told of when it has become a case: with its deadline.
CREATE TRIGGER break_counts BEFORE UPDATE ON reconciliation.break
  FOR EACH ROW WHEN (NEW.due_at IS NOT NULL AND (NEW.state <> OLD.state OR OLD.due_at IS NULL OR (NEW.escalated_at IS NOT NULL AND OLD.escalated_at IS NULL)))
  EXECUTE FUNCTION reconciliation.count_version();
CREATE TRIGGER break_changed AFTER UPDATE ON reconciliation.break
  FOR EACH ROW WHEN (NEW.due_at IS NOT NULL AND (NEW.state <> OLD.state OR OLD.due_at IS NULL OR (NEW.escalated_at IS NOT NULL AND OLD.escalated_at IS NULL)))
  EXECUTE FUNCTION reconciliation.tell();

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA reconciliation FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA reconciliation TO paysaga_reconciliation;
GRANT SELECT, INSERT, UPDATE ON reconciliation.booking, reconciliation.balance, reconciliation.file, reconciliation.bank_entry TO paysaga_reconciliation;
GRANT SELECT, INSERT, UPDATE, DELETE ON reconciliation.file_part, reconciliation.staged_line TO paysaga_reconciliation;

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['booking', 'balance', 'file', 'file_part', 'staged_line', 'bank_entry', 'outbox']
  LOOP
    EXECUTE format('ALTER TABLE reconciliation.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner_sees_all ON reconciliation.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    EXECUTE format(
      $policy$CREATE POLICY own_merchant ON reconciliation.%I TO paysaga_reconciliation
        USING (merchant_id = current_setting('paysaga.merchant', true) OR current_setting('paysaga.merchant', true) = '*')$policy$, t);
  END LOOP;
END
$$;
