-- How many tries of one source are under way at once. An attack that fires without waiting for answers would be through before its first decline is known:
-- so that the tries that the PSP has not answered yet are counted as well, and each source's are let through one after the other.

-- `under_way`: it was let through, and may be at the PSP. `went_well`: its money came, or is held. `over`: the PSP has answered otherwise, or waits for the buyer, or will not be
-- asked. Null: none of these, or its rules don't go by that.
-- Declined ones say so by themselves; how the others have ended is looked up when their number matters, not written down with every payment.
ALTER TABLE risk.assessment ADD COLUMN sending text CHECK (sending IN ('under_way', 'went_well', 'over'));

-- The last thousand tries of a buyer, an address or a card, the newest first. Without settings of its own, which each call would pay for: look() has them.
CREATE FUNCTION risk.tries_of(in_merchant text, in_source text, in_try jsonb) RETURNS risk.assessment[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_buyer text := in_try->>'buyer_id';
  v_fingerprint bytea := CASE WHEN in_source <> 'buyer' THEN decode(in_try->>in_source, 'hex') END;
BEGIN
  RETURN CASE in_source
    WHEN 'buyer' THEN ARRAY(
      SELECT a FROM risk.assessment AS a WHERE a.merchant_id = in_merchant AND a.buyer_id = v_buyer
      ORDER BY a.assessed_at DESC LIMIT 1000)
    WHEN 'email' THEN ARRAY(
      SELECT a FROM risk.assessment AS a WHERE a.merchant_id = in_merchant AND a.email = v_fingerprint
      ORDER BY a.assessed_at DESC LIMIT 1000)
    WHEN 'ip' THEN ARRAY(
      SELECT a FROM risk.assessment AS a WHERE a.merchant_id = in_merchant AND a.ip = v_fingerprint
      ORDER BY a.assessed_at DESC LIMIT 1000)
    WHEN 'card' THEN ARRAY(
      SELECT a FROM risk.assessment AS a WHERE a.merchant_id = in_merchant AND a.card = v_fingerprint
      ORDER BY a.assessed_at DESC LIMIT 1000)
  END;
END
$$;

-- As before, and how many are unproven: declined, or under way beyond as many as have gone well. Who pays is soon let pay as fast as ever; who
-- tries stolen cards never gets further than the limit, however fast.
CREATE OR REPLACE FUNCTION risk.counts(in_rows risk.assessment[], in_checkout text, in_round integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_object_agg(span.name, jsonb_build_object(
      'attempts', counted.attempts, 'declines', counted.declines, 'cards', counted.cards, 'refunds', counted.refunds,
      'disputes', counted.disputes, 'unproven', counted.declines + greatest(0, counted.under_way - counted.went_well)))
  FROM (VALUES ('10m', interval '10 minutes'), ('1h', interval '1 hour'), ('24h', interval '24 hours'),
               ('7d', interval '7 days'), ('30d', interval '30 days')) AS span(name, length),
    LATERAL (
      SELECT count(*) AS attempts, count(*) FILTER (WHERE r.declined) AS declines, count(DISTINCT r.card) AS cards,
             count(*) FILTER (WHERE r.refunded) AS refunds, count(*) FILTER (WHERE r.disputed) AS disputes,
             count(*) FILTER (WHERE r.sending = 'under_way' AND NOT r.declined) AS under_way,
             count(*) FILTER (WHERE r.sending = 'went_well' AND NOT r.declined) AS went_well
      FROM unnest(in_rows) AS r
      WHERE r.assessed_at > now() - span.length AND (r.checkout_id, r.round) <> (in_checkout, in_round)) AS counted
$$;

-- Until the transaction's end nobody else counts the sources whose unproven tries are limited: of two that come at once the later one counts the earlier.
CREATE FUNCTION risk.one_at_a_time(in_try jsonb, in_limits jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_key bigint;
BEGIN
  FOR v_key IN
    SELECT DISTINCT hashtextextended(
      concat_ws('/', 'risk', in_try->>'merchant_id', gate.per, in_try->>(CASE gate.per WHEN 'buyer' THEN 'buyer_id' ELSE gate.per END)), 0)
    FROM jsonb_to_recordset(coalesce(in_limits, '[]')) AS gate(per text, counts text)
    WHERE gate.counts = 'unproven' ORDER BY 1
  LOOP
    PERFORM pg_advisory_xact_lock(v_key);
  END LOOP;
END
$$;

-- Lets a try through that was judged, unless too many of its source are unproven: then it is held, and true is not the answer. Safe to repeat: once it
-- is through it stays so. It waits at least so many seconds, and the longer the longer it has waited, up to a minute.
--   in_try: merchant_id, checkout_id, round, buyer_id, email, ip, card · in_limits: [{per, within, counts, at_least}]
CREATE FUNCTION risk.let_through(in_try jsonb, in_limits jsonb, in_seconds integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_row risk.assessment;
  v_limit record;
BEGIN
  PERFORM risk.one_at_a_time(in_try, in_limits);
  SELECT * INTO STRICT v_row FROM risk.assessment AS a
  WHERE a.merchant_id = in_try->>'merchant_id' AND a.checkout_id = in_try->>'checkout_id' AND a.round = (in_try->>'round')::integer;
  IF v_row.sending IS NOT NULL THEN
    RETURN true;
  END IF;
  FOR v_limit IN SELECT * FROM jsonb_to_recordset(in_limits) AS gate(per text, within text, counts text, at_least integer) LOOP
    IF (risk.counts(risk.tries_of(v_row.merchant_id, v_limit.per, in_try), v_row.checkout_id, v_row.round)
        #>> ARRAY[v_limit.within, v_limit.counts])::integer >= v_limit.at_least THEN
      UPDATE risk.assessment AS a
      SET decision = 'hold', wait_until = now() + least(interval '1 minute', greatest(make_interval(secs => in_seconds), now() - a.assessed_at))
      WHERE a.merchant_id = v_row.merchant_id AND a.checkout_id = v_row.checkout_id AND a.round = v_row.round;
      RETURN false;
    END IF;
  END LOOP;
  UPDATE risk.assessment AS a SET sending = 'under_way'
  WHERE a.merchant_id = v_row.merchant_id AND a.checkout_id = v_row.checkout_id AND a.round = v_row.round;
  RETURN true;
END
$$;

-- As before, and where that is asked for, what became of the tries at a seller's orders.
DROP FUNCTION risk.about_seller(text, text, text);
CREATE FUNCTION risk.about_seller(in_merchant text, in_seller text, in_checkout text, in_tries boolean) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'days', coalesce((
      SELECT floor(extract(epoch FROM now() - o.assessed_at) / 86400)::integer FROM risk.assessed_order AS o
      WHERE o.merchant_id = in_merchant AND o.seller_account = in_seller ORDER BY o.assessed_at LIMIT 1), 0),
    'spans', (
      WITH newest AS MATERIALIZED (
        SELECT o.assessed_at, o.currency, o.amount, o.refused, tried.declines, tried.cards, tried.refunds, tried.disputes
        FROM (SELECT * FROM risk.assessed_order AS o
              WHERE o.merchant_id = in_merchant AND o.seller_account = in_seller
              ORDER BY o.assessed_at DESC LIMIT 1000) AS o,
          LATERAL (
            SELECT count(*) FILTER (WHERE a.declined) AS declines, array_agg(DISTINCT a.card) AS cards,
                   count(*) FILTER (WHERE a.refunded) AS refunds, count(*) FILTER (WHERE a.disputed) AS disputes
            FROM risk.assessment AS a WHERE in_tries AND a.merchant_id = in_merchant AND a.checkout_id = o.checkout_id) AS tried
        WHERE o.checkout_id <> in_checkout)
      SELECT jsonb_object_agg(span.name, jsonb_build_object(
        'attempts', (SELECT count(*) FROM newest AS n WHERE n.assessed_at > now() - span.length),
        'declines', (SELECT coalesce(sum(n.declines), 0) FROM newest AS n WHERE n.assessed_at > now() - span.length),
        'cards', (SELECT count(DISTINCT card) FROM newest AS n, unnest(n.cards) AS card WHERE n.assessed_at > now() - span.length),
        'refunds', (SELECT coalesce(sum(n.refunds), 0) FROM newest AS n WHERE n.assessed_at > now() - span.length),
        'disputes', (SELECT coalesce(sum(n.disputes), 0) FROM newest AS n WHERE n.assessed_at > now() - span.length),
        'amounts', coalesce((
          SELECT jsonb_object_agg(currency, amount::text) FROM (
            SELECT n.currency, coalesce(sum(n.amount) FILTER (WHERE NOT n.refused), 0) AS amount
            FROM newest AS n WHERE n.assessed_at > now() - span.length GROUP BY n.currency) AS by_currency), '{}')))
      FROM (VALUES ('10m', interval '10 minutes'), ('1h', interval '1 hour'), ('24h', interval '24 hours'),
                   ('7d', interval '7 days'), ('30d', interval '30 days')) AS span(name, length)))
$$;

-- As before, but what is let through is counted as under way, and lists say of whom they speak.
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

  PERFORM risk.one_at_a_time(in_try, v_quiet->'below');
  FOR v_name IN SELECT jsonb_array_elements_text(in_try->'counted') LOOP
    v_rows := risk.tries_of(v_merchant, v_name, in_try);
    -- Of whom nothing is known there is nothing to count.
    IF cardinality(v_rows) > 0 THEN
      v_counts := v_counts || jsonb_build_object(v_name, risk.counts(v_rows, v_checkout, v_round));
    END IF;
  END LOOP;

  SELECT coalesce(jsonb_agg(jsonb_build_object('list', l.list, 'kind', l.kind, 'shown', l.shown, 'fingerprint', asked.fingerprint) ORDER BY l.entry_id), '[]') INTO v_lists
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
                               stage, decision, rules_version, sending)
  VALUES (v_merchant, v_checkout, v_round, v_buyer, v_email, v_ip, v_card, in_try->>'buyer_country', in_try->>'card_country',
          coalesce(v_quiet->>'stage', 'none'), CASE WHEN v_quiet IS NOT NULL THEN 'allow' END, (v_quiet->>'version')::integer,
          CASE WHEN v_quiet IS NOT NULL THEN 'under_way' END)
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
      LATERAL (SELECT risk.about_seller(v_merchant, asked.seller_account, v_checkout, coalesce((in_try->>'seller_tries')::boolean, false)) AS about) AS told;
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

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA risk FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA risk TO paysaga_risk;
