-- Postings that come at the same time, in one statement for their transactions and one for their entries: what triggers look at is looked at once
-- for all of them. The same as `append_transaction` for each, in the same order of sources, so that two batches never wait for each other in a circle.
CREATE FUNCTION ledger.append_transactions(in_postings jsonb) RETURNS TABLE (place int, appended boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  book     record;
  one      record;
  v_ids    bigint[];
  v_places int[];
BEGIN
  FOR book IN
    SELECT posting.merchant_id, jsonb_agg(line) AS lines
    FROM jsonb_to_recordset(in_postings) AS posting(merchant_id text, lines jsonb), jsonb_array_elements(posting.lines) AS line
    GROUP BY posting.merchant_id
    ORDER BY posting.merchant_id
  LOOP
    PERFORM ledger.ensure_accounts(book.merchant_id, book.lines);
  END LOOP;

  -- Of a source that is there twice the first is appended; the other one is compared with it below, as with any that was there before.
  WITH posting AS MATERIALIZED (
    SELECT DISTINCT ON (merchant_id, source_type, source_id, leg) *
    FROM jsonb_to_recordset(in_postings)
      AS posting(place int, merchant_id text, source_type text, source_id text, leg text, kind text, effective_at timestamptz, currency text, seller text)
    ORDER BY merchant_id, source_type, source_id, leg, place
  ), appended AS (
    INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at)
    SELECT merchant_id, source_type, source_id, leg, kind, ledger.open_date(merchant_id, effective_at)
    FROM posting
    ORDER BY merchant_id, seller, currency, source_id, source_type, leg
    ON CONFLICT (merchant_id, source_type, source_id, leg) DO NOTHING
    RETURNING transaction_id, merchant_id, source_type, source_id, leg
  )
  SELECT array_agg(appended.transaction_id), array_agg(posting.place) INTO v_ids, v_places
  FROM appended JOIN posting ON (posting.merchant_id, posting.source_type, posting.source_id, posting.leg)
                              = (appended.merchant_id, appended.source_type, appended.source_id, appended.leg);

  -- Each account is looked up by itself, whatever the planner thinks of how many there are.
  INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
  SELECT v_ids[array_position(v_places, posting.place)],
         (SELECT account_id FROM ledger.account
          WHERE merchant_id = posting.merchant_id AND code = line.account AND currency = line.currency),
         posting.merchant_id, line.currency, line.amount
  FROM jsonb_to_recordset(in_postings) AS posting(place int, merchant_id text, lines jsonb)
    CROSS JOIN LATERAL jsonb_to_recordset(posting.lines) AS line(account text, currency text, amount bigint)
  WHERE posting.place = ANY (v_places);

  FOR one IN
    SELECT posting.*, posting.place = ANY (coalesce(v_places, '{}')) AS is_new
    FROM jsonb_to_recordset(in_postings)
      AS posting(place int, merchant_id text, source_type text, source_id text, leg text, kind text, effective_at timestamptz, currency text, lines jsonb)
    ORDER BY posting.place
  LOOP
    place := one.place;
    appended := one.is_new OR ledger.append_transaction(
      one.merchant_id, one.source_type, one.source_id, one.leg, one.kind, one.effective_at, one.currency, one.lines);
    RETURN NEXT;
  END LOOP;
END
$$;
