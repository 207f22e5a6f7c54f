-- Judgement before money: rules as data, what is known of a buyer, a card and a seller, and what was made of it for each checkout.

DO $$
BEGIN
  BEGIN
    CREATE ROLE paysaga_risk LOGIN;
  EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  ALTER ROLE paysaga_risk SET search_path = risk;
  ALTER ROLE paysaga_risk SET statement_timeout = '4s';
  ALTER ROLE paysaga_risk SET lock_timeout = '3s';
  ALTER ROLE paysaga_risk SET idle_in_transaction_session_timeout = '4s';
END
$$;
CREATE SCHEMA risk;
GRANT USAGE ON SCHEMA risk TO paysaga_risk;

-- Whether the bank is to be asked to challenge the buyer, decided once, before any order of the checkout is sent.
ALTER TABLE payments.checkout ADD COLUMN challenge boolean NOT NULL DEFAULT false;

-- A merchant's rules. The newest of each mode holds; those before stay, as assessments name the version that they were made by.
CREATE TABLE risk.rule_set (
  merchant_id text NOT NULL,
  version     integer NOT NULL CHECK (version > 0),
  -- `dry_run`: judged beside the live ones, and only written down.
  mode        text NOT NULL CHECK (mode IN ('live', 'dry_run')),
  definition  jsonb NOT NULL,
  reason      text NOT NULL,
  created_by  text NOT NULL,
  created_at  timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, version)
);

-- Who is never, or always, let through. What could name a person is a keyed hash; `shown` is enough of it to recognise.
CREATE TABLE risk.list_entry (
  entry_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id    text NOT NULL,
  list           text NOT NULL CHECK (list IN ('allow', 'block')),
  kind           text NOT NULL CHECK (kind IN ('buyer', 'email', 'ip', 'card', 'seller')),
  fingerprint    bytea NOT NULL,
  shown          text NOT NULL,
  reason         text NOT NULL,
  created_by     text NOT NULL,
  created_at     timestamptz(3) NOT NULL DEFAULT now(),
  expires_at     timestamptz(3),
  removed_at     timestamptz(3),
  removed_by     text,
  removed_reason text,
  CHECK ((removed_at IS NULL) = (removed_by IS NULL))
);
CREATE UNIQUE INDEX list_entry_standing ON risk.list_entry (merchant_id, list, kind, fingerprint) WHERE removed_at IS NULL;
CREATE INDEX list_entry_by_time ON risk.list_entry (merchant_id, entry_id);

-- What was made of one try at paying a checkout: one row per payment method that it was tried with. No addresses, only keyed hashes.
CREATE TABLE risk.assessment (
  merchant_id    text NOT NULL,
  checkout_id    text NOT NULL,
  round          integer NOT NULL,
  assessed_at    timestamptz(3) NOT NULL DEFAULT now(),
  buyer_id       text NOT NULL,
  email          bytea,
  ip             bytea,
  card           bytea,
  buyer_country  text,
  card_country   text,
  -- How far it has been judged: by what the storefront says, by the card as well, by what the PSP said of the payment.
  stage          text NOT NULL DEFAULT 'none' CHECK (stage IN ('none', 'buyer', 'card', 'payment')),
  -- 0: what is built in.
  rules_version  integer,
  decision       text CHECK (decision IN ('allow', 'challenge', 'hold', 'review', 'block')),
  score          integer NOT NULL DEFAULT 0,
  -- Whether any stage has asked for a challenge.
  challenge      boolean NOT NULL DEFAULT false,
  -- The rules that spoke, and why, in words.
  findings       jsonb NOT NULL DEFAULT '[]',
  dry_version    integer,
  dry_decision   text,
  dry_findings   jsonb,
  -- Until when it waits: for time to pass, or for a person.
  wait_until     timestamptz(3),
  -- What happens where no person has spoken by then.
  otherwise      text CHECK (otherwise IN ('allow', 'block')),
  verdict        text CHECK (verdict IN ('approved', 'rejected')),
  verdict_by     text,
  verdict_reason text,
  verdict_at     timestamptz(3),
  -- What the PSP said of the payment, where that was out of the ordinary.
  signals        jsonb,
  -- What came of it.
  declined       boolean NOT NULL DEFAULT false,
  refunded       boolean NOT NULL DEFAULT false,
  disputed       boolean NOT NULL DEFAULT false,
  PRIMARY KEY (merchant_id, checkout_id, round),
  CHECK ((verdict IS NULL) = (verdict_by IS NULL))
);
CREATE INDEX assessment_of_buyer ON risk.assessment (merchant_id, buyer_id, assessed_at);
CREATE INDEX assessment_of_email ON risk.assessment (merchant_id, email, assessed_at) WHERE email IS NOT NULL;
CREATE INDEX assessment_of_ip ON risk.assessment (merchant_id, ip, assessed_at) WHERE ip IS NOT NULL;
CREATE INDEX assessment_of_card ON risk.assessment (merchant_id, card, assessed_at) WHERE card IS NOT NULL;
CREATE INDEX assessment_notable ON risk.assessment (merchant_id, assessed_at) WHERE decision <> 'allow';
CREATE INDEX assessment_by_time ON risk.assessment (merchant_id, assessed_at, checkout_id, round);

-- What each seller was to get by it.
CREATE TABLE risk.assessed_order (
  merchant_id      text NOT NULL,
  payment_order_id text NOT NULL,
  checkout_id      text NOT NULL,
  seller_account   text NOT NULL,
  currency         text NOT NULL,
  amount           bigint NOT NULL CHECK (amount > 0),
  assessed_at      timestamptz(3) NOT NULL DEFAULT now(),
  -- No money came of it.
  refused          boolean NOT NULL DEFAULT false,
  PRIMARY KEY (merchant_id, payment_order_id)
);
CREATE INDEX assessed_order_of_seller ON risk.assessed_order (merchant_id, seller_account, assessed_at);
CREATE INDEX assessed_order_of_checkout ON risk.assessed_order (merchant_id, checkout_id);

-- Looks at one try: keeps what it is about, once, and answers how it stands with all that the wanted rules go by. What others did is
-- counted up to the last thousand of each, so that an attack doesn't make the looking slower than the attack.
--   in_try: merchant_id, checkout_id, round, buyer_id, email, ip, card (hex), buyer_country, card_country, orders [{payment_order_id,
--           seller_account, currency, amount}], live_version, dry_version (the newest that the caller knows),
--           counted: names among buyer, email, ip, card · sellers: whether those are asked about · first_time: whether that is
-- Nothing is kept, and `rules` is the answer, where the caller doesn't know the newest rules.
CREATE FUNCTION risk.look(in_try jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_merchant text := in_try->>'merchant_id';
  v_checkout text := in_try->>'checkout_id';
  v_round integer := (in_try->>'round')::integer;
  v_live integer := coalesce((SELECT max(version) FROM risk.rule_set WHERE merchant_id = v_merchant AND mode = 'live'), 0);
  v_dry integer := coalesce((SELECT max(version) FROM risk.rule_set WHERE merchant_id = v_merchant AND mode = 'dry_run'), 0);
  v_row risk.assessment;
  v_name text;
  v_counts jsonb := '{}';
  v_one jsonb;
  v_sellers jsonb := '{}';
  v_first boolean;
  v_lists jsonb;
BEGIN
  IF v_live <> (in_try->>'live_version')::integer OR v_dry <> (in_try->>'dry_version')::integer THEN
    RETURN jsonb_build_object('rules', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('version', version, 'mode', mode, 'definition', definition)), '[]')
      FROM risk.rule_set WHERE merchant_id = v_merchant AND version IN (v_live, v_dry)));
  END IF;

  INSERT INTO risk.assessment AS a (merchant_id, checkout_id, round, buyer_id, email, ip, card, buyer_country, card_country)
  VALUES (v_merchant, v_checkout, v_round, in_try->>'buyer_id', decode(in_try->>'email', 'hex'), decode(in_try->>'ip', 'hex'),
          decode(in_try->>'card', 'hex'), in_try->>'buyer_country', in_try->>'card_country')
  ON CONFLICT (merchant_id, checkout_id, round) DO UPDATE
    SET card = coalesce(a.card, excluded.card), card_country = coalesce(a.card_country, excluded.card_country)
    WHERE a.card IS NULL AND excluded.card IS NOT NULL OR a.card_country IS NULL AND excluded.card_country IS NOT NULL;
  SELECT * INTO STRICT v_row FROM risk.assessment
  WHERE merchant_id = v_merchant AND checkout_id = v_checkout AND round = v_round;
  INSERT INTO risk.assessed_order AS o (merchant_id, payment_order_id, checkout_id, seller_account, currency, amount)
  SELECT v_merchant, payment_order_id, v_checkout, seller_account, currency, amount
  FROM jsonb_to_recordset(in_try->'orders') AS asked(payment_order_id text, seller_account text, currency text, amount bigint)
  -- With another card it is as good as new.
  ON CONFLICT (merchant_id, payment_order_id) DO UPDATE SET refused = false WHERE o.refused AND v_row.decision IS NULL;

  FOR v_name IN SELECT jsonb_array_elements_text(in_try->'counted') LOOP
    v_one := CASE v_name
      WHEN 'buyer' THEN risk.counts(ARRAY(
        SELECT a FROM risk.assessment AS a WHERE a.merchant_id = v_merchant AND a.buyer_id = v_row.buyer_id
        ORDER BY a.assessed_at DESC LIMIT 1000), v_checkout, v_round)
      WHEN 'email' THEN risk.counts(ARRAY(
        SELECT a FROM risk.assessment AS a WHERE a.merchant_id = v_merchant AND a.email = v_row.email
        ORDER BY a.assessed_at DESC LIMIT 1000), v_checkout, v_round)
      WHEN 'ip' THEN risk.counts(ARRAY(
        SELECT a FROM risk.assessment AS a WHERE a.merchant_id = v_merchant AND a.ip = v_row.ip
        ORDER BY a.assessed_at DESC LIMIT 1000), v_checkout, v_round)
      WHEN 'card' THEN risk.counts(ARRAY(
        SELECT a FROM risk.assessment AS a WHERE a.merchant_id = v_merchant AND a.card = v_row.card
        ORDER BY a.assessed_at DESC LIMIT 1000), v_checkout, v_round)
    END;
    v_counts := v_counts || jsonb_build_object(v_name, v_one);
  END LOOP;

  IF (in_try->>'sellers')::boolean THEN
    SELECT coalesce(jsonb_object_agg(seller_account, about), '{}') INTO v_sellers FROM (
      SELECT DISTINCT seller_account FROM jsonb_to_recordset(in_try->'orders') AS o(seller_account text)) AS asked,
      LATERAL (SELECT risk.about_seller(v_merchant, asked.seller_account, v_checkout) AS about) AS told;
  END IF;

  IF (in_try->>'first_time')::boolean THEN
    v_first := NOT EXISTS (
      SELECT FROM risk.assessment AS a
      WHERE a.merchant_id = v_merchant AND a.buyer_id = v_row.buyer_id AND a.checkout_id <> v_checkout
        AND a.decision IS DISTINCT FROM 'block' AND NOT a.declined AND a.verdict IS DISTINCT FROM 'rejected');
  END IF;

  SELECT coalesce(jsonb_agg(jsonb_build_object('list', l.list, 'kind', l.kind, 'shown', l.shown) ORDER BY l.entry_id), '[]') INTO v_lists
  FROM jsonb_to_recordset(in_try->'listed') AS asked(kind text, fingerprint text)
    JOIN risk.list_entry AS l ON l.merchant_id = v_merchant AND l.kind = asked.kind AND l.fingerprint = decode(asked.fingerprint, 'hex')
      AND l.list IN ('allow', 'block')
  WHERE l.removed_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > now());

  RETURN jsonb_build_object(
    'cards_listed', EXISTS (
      SELECT FROM risk.list_entry AS l
      WHERE l.merchant_id = v_merchant AND l.list IN ('allow', 'block') AND l.kind = 'card' AND l.removed_at IS NULL),
    'standing', to_jsonb(v_row) || jsonb_build_object('waits', v_row.wait_until > now()),
    'counts', v_counts, 'sellers', v_sellers, 'first_time', v_first, 'lists', v_lists);
END
$$;

-- What others of the same buyer, address or card came to, by span of time.
CREATE FUNCTION risk.counts(in_rows risk.assessment[], in_checkout text, in_round integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_object_agg(span.name, jsonb_build_object(
      'attempts', counted.attempts, 'declines', counted.declines, 'cards', counted.cards, 'refunds', counted.refunds,
      'disputes', counted.disputes))
  FROM (VALUES ('10m', interval '10 minutes'), ('1h', interval '1 hour'), ('24h', interval '24 hours'),
               ('7d', interval '7 days'), ('30d', interval '30 days')) AS span(name, length),
    LATERAL (
      SELECT count(*) AS attempts, count(*) FILTER (WHERE r.declined) AS declines, count(DISTINCT r.card) AS cards,
             count(*) FILTER (WHERE r.refunded) AS refunds, count(*) FILTER (WHERE r.disputed) AS disputes
      FROM unnest(in_rows) AS r
      WHERE r.assessed_at > now() - span.length AND (r.checkout_id, r.round) <> (in_checkout, in_round)) AS counted
$$;

-- How new a seller is, how many orders it had and what they were worth, this checkout left out.
CREATE FUNCTION risk.about_seller(in_merchant text, in_seller text, in_checkout text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'days', coalesce((
      SELECT floor(extract(epoch FROM now() - o.assessed_at) / 86400)::integer FROM risk.assessed_order AS o
      WHERE o.merchant_id = in_merchant AND o.seller_account = in_seller ORDER BY o.assessed_at LIMIT 1), 0),
    'spans', (
      SELECT jsonb_object_agg(span.name, jsonb_build_object('attempts', coalesce(sums.attempts, 0), 'amounts', coalesce(sums.amounts, '{}')))
      FROM (VALUES ('10m', interval '10 minutes'), ('1h', interval '1 hour'), ('24h', interval '24 hours'),
                   ('7d', interval '7 days'), ('30d', interval '30 days')) AS span(name, length),
        LATERAL (
          SELECT sum(attempts)::bigint AS attempts, jsonb_object_agg(currency, amount::text) AS amounts FROM (
            SELECT currency, count(*) AS attempts, coalesce(sum(amount) FILTER (WHERE NOT refused), 0) AS amount
            FROM (SELECT * FROM risk.assessed_order AS o
                  WHERE o.merchant_id = in_merchant AND o.seller_account = in_seller
                  ORDER BY o.assessed_at DESC LIMIT 1000) AS newest
            WHERE newest.assessed_at > now() - span.length AND newest.checkout_id <> in_checkout
            GROUP BY currency) AS by_currency) AS sums))
$$;

-- Whoever could tell processes what to do may say what is risky.
UPDATE identity.api_key SET scopes = scopes || '{risk:read}'::text[]
WHERE 'ops:read' = ANY (scopes) AND NOT 'risk:read' = ANY (scopes);
UPDATE identity.api_key SET scopes = scopes || '{risk:write}'::text[]
WHERE 'ops:write' = ANY (scopes) AND NOT 'risk:write' = ANY (scopes);

ALTER FUNCTION risk.look(jsonb) SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA risk FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA risk TO paysaga_risk;
GRANT SELECT, INSERT ON risk.rule_set TO paysaga_risk;
GRANT SELECT, INSERT, UPDATE ON risk.list_entry, risk.assessment, risk.assessed_order TO paysaga_risk;

DO $$
DECLARE
  t record;
BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'risk'
  LOOP
    EXECUTE format('ALTER TABLE risk.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t.tablename);
    EXECUTE format('CREATE POLICY owner_sees_all ON risk.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t.tablename);
    EXECUTE format(
      $policy$CREATE POLICY own_merchant ON risk.%I TO paysaga_risk
        USING (merchant_id = current_setting('paysaga.merchant', true) OR current_setting('paysaga.merchant', true) = '*')$policy$, t.tablename);
  END LOOP;
END
$$;
