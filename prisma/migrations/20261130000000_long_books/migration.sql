-- A book of any length gets its links at the same price: how far the chain has come is noted with every batch, down to the transaction, so that a
-- backlog is not read again from its beginning; and what a moved mark has missed is looked for a stretch at a time.

ALTER TABLE ledger.chain_mark ADD COLUMN upto_id bigint NOT NULL DEFAULT 0;
CREATE INDEX transaction_in_order ON ledger.transaction (recorded_by_xid, transaction_id);
DROP INDEX ledger.transaction_by_xid;

-- The next link of a merchant's chain. The caller holds the chain's lock.
CREATE FUNCTION ledger.add_link(in_transaction_id bigint, in_merchant_id text, in_source text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_last ledger.chain;
BEGIN
  SELECT * INTO v_last FROM ledger.chain WHERE merchant_id = in_merchant_id ORDER BY seq DESC LIMIT 1;
  INSERT INTO ledger.chain (merchant_id, seq, transaction_id, source, hash)
  VALUES (in_merchant_id, coalesce(v_last.seq, 0) + 1, in_transaction_id, in_source,
          sha256(coalesce(v_last.hash, ''::bytea) || convert_to(ledger.content_of(in_transaction_id), 'UTF8')));
END
$$;

-- Links what was committed, in the order of database transactions, at most so many; answers how many. Of a transaction before the horizon
-- every row is there to be seen, so the mark can stand between two rows of one.
CREATE OR REPLACE FUNCTION ledger.extend_chain(in_limit integer, in_all boolean) RETURNS integer LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  v_horizon xid8;
  v_upto    xid8;
  v_upto_id bigint;
  v_next    record;
  v_added   integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('paysaga ledger chain'));
  v_horizon := pg_snapshot_xmin(pg_current_snapshot());
  SELECT CASE WHEN in_all THEN '0'::xid8 ELSE upto END, CASE WHEN in_all THEN 0 ELSE upto_id END INTO STRICT v_upto, v_upto_id FROM ledger.chain_mark;
  FOR v_next IN
    SELECT t.transaction_id, t.merchant_id, t.source_type || '/' || t.source_id || '/' || t.leg AS source, t.recorded_by_xid
    FROM ledger.transaction AS t
    WHERE (t.recorded_by_xid, t.transaction_id) > (v_upto, v_upto_id) AND t.recorded_by_xid < v_horizon
      AND NOT EXISTS (SELECT FROM ledger.chain AS c WHERE c.transaction_id = t.transaction_id)
    ORDER BY t.recorded_by_xid, t.transaction_id LIMIT in_limit
  LOOP
    PERFORM ledger.add_link(v_next.transaction_id, v_next.merchant_id, v_next.source);
    v_added := v_added + 1;
  END LOOP;
  IF v_added < in_limit THEN
    UPDATE ledger.chain_mark SET upto = v_horizon, upto_id = 0 WHERE upto < v_horizon;
  ELSIF NOT in_all THEN
    UPDATE ledger.chain_mark SET upto = v_next.recorded_by_xid, upto_id = v_next.transaction_id;
  END IF;
  RETURN v_added;
END
$$;

-- Links what has none of a stretch of transactions by their ids, whatever the mark says; answers where the stretch ended, nothing behind the last.
CREATE FUNCTION ledger.link_missed(in_after bigint, in_limit integer) RETURNS bigint LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  v_horizon xid8;
  v_next    record;
  v_last    bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('paysaga ledger chain'));
  v_horizon := pg_snapshot_xmin(pg_current_snapshot());
  SELECT max(stretch.transaction_id) INTO v_last FROM (
    SELECT t.transaction_id FROM ledger.transaction AS t WHERE t.transaction_id > in_after ORDER BY t.transaction_id LIMIT in_limit) AS stretch;
  FOR v_next IN
    SELECT t.transaction_id, t.merchant_id, t.source_type || '/' || t.source_id || '/' || t.leg AS source
    FROM ledger.transaction AS t
    WHERE t.transaction_id > in_after AND t.transaction_id <= v_last AND t.recorded_by_xid < v_horizon
      AND NOT EXISTS (SELECT FROM ledger.chain AS c WHERE c.transaction_id = t.transaction_id)
    ORDER BY t.transaction_id
  LOOP
    PERFORM ledger.add_link(v_next.transaction_id, v_next.merchant_id, v_next.source);
  END LOOP;
  RETURN v_last;
END
$$;
REVOKE EXECUTE ON FUNCTION ledger.add_link, ledger.link_missed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.add_link, ledger.link_missed TO paysaga_ledger;
