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
