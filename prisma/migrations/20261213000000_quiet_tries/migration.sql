-- A try of which nothing is out of the ordinary is judged by the look itself: one statement and one version of its row, instead of two of each.
-- `in_try` has, where all rules of a stage need some count to be reached before they can speak:
--   quiet: {stage, version (of the rules), below: [{per, within, counts, at_least}]}
-- Where no list names the try and each of those counts is below its limit, no rule can speak: a try that is new is kept as allowed.
-- Otherwise, and without `quiet`, everything is as it was: the caller judges by what it is answered. Only others are counted, so that it is the same
-- whether a try is counted before it is kept or after.
CREATE OR REPLACE FUNCTION risk.look(in_try jsonb) RETURNS jsonb
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_merchant text := in_try->>'merchant_id';
  v_checkout text := in_try->>'checkout_id';
  v_round integer := (in_try->>'round')::integer;
  v_buyer text := in_try->>'buyer_id';
  v_email bytea := decode(in_try->>'email', 'hex');
  v_ip bytea := decode(in_try->>'ip', 'hex');
  v_card bytea := decode(in_try->>'card', 'hex');
  v_live integer := coalesce((SELECT max(version) FROM risk.rule_set WHERE merchant_id = v_merchant AND mode = 'live'), 0);
  v_dry integer := coalesce((SELECT max(version) FROM risk.rule_set WHERE merchant_id = v_merchant AND mode = 'dry_run'), 0);
  v_row risk.assessment;
  v_rows risk.assessment[];
  v_name text;
  v_counts jsonb := '{}';
  v_sellers jsonb := '{}';
  v_first boolean;
  v_lists jsonb;
  v_quiet jsonb := in_try->'quiet';
  v_is_new boolean;
BEGIN
  IF v_live <> (in_try->>'live_version')::integer OR v_dry <> (in_try->>'dry_version')::integer THEN
    RETURN jsonb_build_object('rules', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('version', version, 'mode', mode, 'definition', definition)), '[]')
      FROM risk.rule_set WHERE merchant_id = v_merchant AND version IN (v_live, v_dry)));
  END IF;

  FOR v_name IN SELECT jsonb_array_elements_text(in_try->'counted') LOOP
    v_rows := CASE v_name
      WHEN 'buyer' THEN ARRAY(
        SELECT a FROM risk.assessment AS a WHERE a.merchant_id = v_merchant AND a.buyer_id = v_buyer
        ORDER BY a.assessed_at DESC LIMIT 1000)
      WHEN 'email' THEN ARRAY(
        SELECT a FROM risk.assessment AS a WHERE a.merchant_id = v_merchant AND a.email = v_email
        ORDER BY a.assessed_at DESC LIMIT 1000)
      WHEN 'ip' THEN ARRAY(
        SELECT a FROM risk.assessment AS a WHERE a.merchant_id = v_merchant AND a.ip = v_ip
        ORDER BY a.assessed_at DESC LIMIT 1000)
      WHEN 'card' THEN ARRAY(
        SELECT a FROM risk.assessment AS a WHERE a.merchant_id = v_merchant AND a.card = v_card
        ORDER BY a.assessed_at DESC LIMIT 1000)
    END;
    -- Of whom nothing is known there is nothing to count.
    IF cardinality(v_rows) > 0 THEN
      v_counts := v_counts || jsonb_build_object(v_name, risk.counts(v_rows, v_checkout, v_round));
    END IF;
  END LOOP;

  SELECT coalesce(jsonb_agg(jsonb_build_object('list', l.list, 'kind', l.kind, 'shown', l.shown) ORDER BY l.entry_id), '[]') INTO v_lists
  FROM jsonb_to_recordset(in_try->'listed') AS asked(kind text, fingerprint text)
    JOIN risk.list_entry AS l ON l.merchant_id = v_merchant AND l.kind = asked.kind AND l.fingerprint = decode(asked.fingerprint, 'hex')
      AND l.list IN ('allow', 'block')
  WHERE l.removed_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > now());

  IF v_quiet IS NOT NULL AND (v_lists <> '[]' OR EXISTS (
    SELECT FROM jsonb_to_recordset(v_quiet->'below') AS gate(per text, within text, counts text, at_least integer)
    WHERE (v_counts #>> ARRAY[gate.per, gate.within, gate.counts])::integer >= gate.at_least)) THEN
    v_quiet := NULL;
  END IF;

  INSERT INTO risk.assessment (merchant_id, checkout_id, round, buyer_id, email, ip, card, buyer_country, card_country,
                               stage, decision, rules_version)
  VALUES (v_merchant, v_checkout, v_round, v_buyer, v_email, v_ip, v_card, in_try->>'buyer_country', in_try->>'card_country',
          coalesce(v_quiet->>'stage', 'none'), CASE WHEN v_quiet IS NOT NULL THEN 'allow' END, (v_quiet->>'version')::integer)
  ON CONFLICT (merchant_id, checkout_id, round) DO NOTHING
  RETURNING * INTO v_row;
  v_is_new := FOUND;
  IF NOT v_is_new THEN
    UPDATE risk.assessment AS a
    SET card = coalesce(a.card, v_card), card_country = coalesce(a.card_country, in_try->>'card_country')
    WHERE a.merchant_id = v_merchant AND a.checkout_id = v_checkout AND a.round = v_round
      AND (a.card IS NULL AND v_card IS NOT NULL OR a.card_country IS NULL AND in_try->>'card_country' IS NOT NULL);
    SELECT * INTO STRICT v_row FROM risk.assessment
    WHERE merchant_id = v_merchant AND checkout_id = v_checkout AND round = v_round;
  END IF;
  INSERT INTO risk.assessed_order AS o (merchant_id, payment_order_id, checkout_id, seller_account, currency, amount)
  SELECT v_merchant, payment_order_id, v_checkout, seller_account, currency, amount
  FROM jsonb_to_recordset(in_try->'orders') AS asked(payment_order_id text, seller_account text, currency text, amount bigint)
  -- With another card it is as good as new.
  ON CONFLICT (merchant_id, payment_order_id) DO UPDATE SET refused = false
    WHERE o.refused AND (v_is_new OR v_row.decision IS NULL);

  IF (in_try->>'sellers')::boolean THEN
    SELECT coalesce(jsonb_object_agg(seller_account, about), '{}') INTO v_sellers FROM (
      SELECT DISTINCT seller_account FROM jsonb_to_recordset(in_try->'orders') AS o(seller_account text)) AS asked,
      LATERAL (SELECT risk.about_seller(v_merchant, asked.seller_account, v_checkout) AS about) AS told;
  END IF;

  IF (in_try->>'first_time')::boolean THEN
    v_first := NOT EXISTS (
      SELECT FROM risk.assessment AS a
      WHERE a.merchant_id = v_merchant AND a.buyer_id = v_buyer AND a.checkout_id <> v_checkout
        AND a.decision IS DISTINCT FROM 'block' AND NOT a.declined AND a.verdict IS DISTINCT FROM 'rejected');
  END IF;

  RETURN jsonb_build_object(
    'cards_listed', EXISTS (
      SELECT FROM risk.list_entry AS l
      WHERE l.merchant_id = v_merchant AND l.list IN ('allow', 'block') AND l.kind = 'card' AND l.removed_at IS NULL),
    'standing', to_jsonb(v_row) || jsonb_build_object('waits', v_row.wait_until > now()),
    'counts', v_counts, 'sellers', v_sellers, 'first_time', v_first, 'lists', v_lists);
END
$$;
