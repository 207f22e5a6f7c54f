-- One schema and one login role per service. No foreign key and no query crosses schemas, so that a service can move
-- to a database of its own. Passwords are set by `npm run migrate`, never here.

DO $$
DECLARE
  service text;
BEGIN
  FOREACH service IN ARRAY ARRAY['payments', 'wallet', 'ledger', 'identity'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN', 'paysaga_' || service);
    EXCEPTION
      -- Roles belong to the whole server; another database of it may have made them, even at this moment.
      WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('CREATE SCHEMA %I', service);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', service, 'paysaga_' || service);
    EXECUTE format('ALTER ROLE %I SET search_path = %I', 'paysaga_' || service, service);
    -- Postgres gives up before Prisma does: a statement Prisma has lost patience with must never commit later.
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''4s''', 'paysaga_' || service);
    EXECUTE format('ALTER ROLE %I SET lock_timeout = ''3s''', 'paysaga_' || service);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''4s''', 'paysaga_' || service);
  END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- ───────────────────────────────────────────── identity ─────────────────────────────────────────────

CREATE TABLE identity.merchant (
  merchant_id text PRIMARY KEY CHECK (merchant_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  name        text NOT NULL,
  created_at  timestamptz(3) NOT NULL DEFAULT now()
);

-- A merchant's own account at its PSP. A null secret means the one in STRIPE_SECRET_KEY (the default merchant's);
-- any other is sealed with PAYSAGA_SECRETS_KEY before it gets here.
CREATE TABLE identity.psp_account (
  merchant_id       text PRIMARY KEY REFERENCES identity.merchant,
  provider          text NOT NULL CHECK (provider IN ('stripe')),
  secret_key_sealed bytea,
  time_zone         text NOT NULL DEFAULT 'UTC',
  created_at        timestamptz(3) NOT NULL DEFAULT now()
);

-- Only a hash of the key is kept: a dump of this table opens nothing.
CREATE TABLE identity.api_key (
  key_id      text PRIMARY KEY,
  merchant_id text NOT NULL REFERENCES identity.merchant,
  name        text NOT NULL,
  secret_hash bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
  scopes      text[] NOT NULL,
  created_at  timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at  timestamptz(3)
);

CREATE TABLE identity.seller (
  merchant_id text NOT NULL REFERENCES identity.merchant,
  seller_id   text NOT NULL CHECK (seller_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  kyc_status  text NOT NULL DEFAULT 'unverified' CHECK (kyc_status IN ('unverified', 'pending', 'verified', 'rejected')),
  created_at  timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, seller_id)
);

GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA identity TO paysaga_identity;

-- ───────────────────────────────────────────── payments ─────────────────────────────────────────────

CREATE TABLE payments.checkout (
  merchant_id         text NOT NULL,
  checkout_id         text NOT NULL CHECK (checkout_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  buyer_info          jsonb NOT NULL,
  seller_info         jsonb NOT NULL,
  credit_card_info    jsonb NOT NULL,
  is_payment_done     boolean NOT NULL DEFAULT false,
  checkout_status     text NOT NULL DEFAULT 'open'
    CHECK (checkout_status IN ('open', 'awaiting_buyer', 'paid', 'partially_paid', 'failed', 'canceled', 'expired')),
  failure_policy      text NOT NULL CHECK (failure_policy IN ('all_or_nothing', 'independent')),
  capture_method      text NOT NULL CHECK (capture_method IN ('automatic', 'manual')),
  metadata            jsonb NOT NULL DEFAULT '{}',
  request_fingerprint bytea NOT NULL,
  -- What an all_or_nothing checkout has decided; written before any order is told.
  decision            text CHECK (decision IN ('capture', 'settle', 'undo')),
  decision_reason     text,
  -- A card attached to the buyer's customer at the PSP, so that several orders can be charged to it.
  psp_customer        text,
  psp_payment_method  text,
  cancel_requested    jsonb,
  capture_requested   jsonb,
  -- Set by the sweeper when a workflow ended over an open row: never expected, always shown.
  alarm               text,
  sweep_after         timestamptz(3) NOT NULL DEFAULT now() + interval '10 seconds',
  sweep_count         integer NOT NULL DEFAULT 0,
  created_at          timestamptz(3) NOT NULL DEFAULT now(),
  updated_at          timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, checkout_id),
  CHECK (NOT is_payment_done OR checkout_status = 'paid')
);

CREATE INDEX checkout_to_sweep ON payments.checkout (sweep_after) WHERE checkout_status IN ('open', 'awaiting_buyer');

CREATE TABLE payments.payment_order (
  merchant_id           text NOT NULL,
  payment_order_id      text NOT NULL CHECK (payment_order_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  checkout_id           text NOT NULL,
  position              integer NOT NULL CHECK (position >= 0),
  buyer_account         text NOT NULL,
  seller_account        text NOT NULL,
  amount                bigint NOT NULL CHECK (amount > 0),
  currency              text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  platform_fee          bigint NOT NULL DEFAULT 0 CHECK (platform_fee >= 0 AND platform_fee <= amount),
  statement_descriptor  text,
  payment_order_status  text NOT NULL DEFAULT 'NOT_STARTED'
    CHECK (payment_order_status IN ('NOT_STARTED', 'EXECUTING', 'SUCCESS', 'FAILED')),
  phase                 text NOT NULL DEFAULT 'not_started',
  wallet_updated        boolean NOT NULL DEFAULT false,
  ledger_updated        boolean NOT NULL DEFAULT false,
  failure_reason        text,
  decline_code          text,
  failure_message       text,
  psp_reference         text,
  psp_charge_reference  text,
  business_attempt      integer NOT NULL DEFAULT 1 CHECK (business_attempt > 0),
  next_action_url       text,
  attention_reason      text,
  attention_since       timestamptz(3),
  cancel_requested      jsonb,
  capture_requested     jsonb,
  created_at            timestamptz(3) NOT NULL DEFAULT now(),
  updated_at            timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, payment_order_id),
  FOREIGN KEY (merchant_id, checkout_id) REFERENCES payments.checkout,
  CHECK (payment_order_status <> 'SUCCESS' OR (wallet_updated AND ledger_updated)),
  CHECK ((payment_order_status = 'FAILED') = (failure_reason IS NOT NULL)),
  CHECK ((phase = 'needs_attention') = (attention_reason IS NOT NULL)),
  CHECK (payment_order_status = CASE
    WHEN phase = 'not_started' THEN 'NOT_STARTED'
    WHEN phase IN ('charging', 'authorizing', 'authorized', 'requires_action', 'processing', 'unknown', 'capturing',
                   'captured', 'voiding', 'refunding', 'needs_attention') THEN 'EXECUTING'
    WHEN phase = 'succeeded' THEN 'SUCCESS'
    WHEN phase IN ('declined', 'rejected', 'capture_failed', 'voided', 'refunded', 'canceled', 'expired', 'abandoned')
      THEN 'FAILED'
  END)
);

CREATE INDEX payment_order_of_checkout ON payments.payment_order (merchant_id, checkout_id, position);
CREATE INDEX payment_order_for_ops ON payments.payment_order (phase) WHERE phase IN ('needs_attention', 'unknown');

-- A final order stays final: no late writer, however confused, can reopen it or change its amount.
CREATE FUNCTION payments.keep_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.payment_order_status IN ('SUCCESS', 'FAILED') AND NEW.payment_order_status <> OLD.payment_order_status THEN
    RAISE EXCEPTION 'payment order % is final (%)', OLD.payment_order_id, OLD.payment_order_status
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (NEW.amount, NEW.currency, NEW.platform_fee, NEW.seller_account, NEW.checkout_id)
     IS DISTINCT FROM (OLD.amount, OLD.currency, OLD.platform_fee, OLD.seller_account, OLD.checkout_id) THEN
    RAISE EXCEPTION 'payment order % can''t change what it is for', OLD.payment_order_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER payment_order_keep_final BEFORE UPDATE ON payments.payment_order
  FOR EACH ROW EXECUTE FUNCTION payments.keep_final();

-- One row per operation and business attempt: what was sent under which key, since when, and what came of it.
-- It is written before the PSP hears anything, so a key is never lost and never guessed (I5, I6).
CREATE TABLE payments.psp_operation (
  merchant_id      text NOT NULL,
  payment_order_id text NOT NULL,
  operation        text NOT NULL CHECK (operation IN ('charge', 'authorize', 'capture', 'void', 'refund')),
  attempt          integer NOT NULL CHECK (attempt > 0),
  idempotency_key  text NOT NULL UNIQUE,
  sends            integer NOT NULL DEFAULT 1,
  -- Sends that certainly had no effect (not connected, 401, 429). What is left over may have had one.
  refused_sends    integer NOT NULL DEFAULT 0 CHECK (refused_sends <= sends),
  first_sent_at    timestamptz(3) NOT NULL DEFAULT now(),
  last_sent_at     timestamptz(3) NOT NULL DEFAULT now(),
  outcome          jsonb,
  supplied_by      jsonb,
  finished_at      timestamptz(3),
  PRIMARY KEY (merchant_id, payment_order_id, operation, attempt)
);

CREATE TABLE payments.psp_customer (
  merchant_id  text NOT NULL,
  buyer_id     text NOT NULL,
  psp_customer text NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, buyer_id)
);

CREATE TABLE payments.idempotency_key (
  merchant_id         text NOT NULL,
  route               text NOT NULL,
  idempotency_key     text NOT NULL,
  request_fingerprint bytea NOT NULL,
  resource_id         text NOT NULL,
  created_at          timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, route, idempotency_key)
);

-- Every act of a person on a payment order, with who and why.
CREATE TABLE payments.ops_action (
  ops_action_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id      text NOT NULL,
  payment_order_id text NOT NULL,
  action           text NOT NULL,
  actor            text NOT NULL,
  reason           text NOT NULL,
  details          jsonb NOT NULL DEFAULT '{}',
  -- The Temporal update that carried it: a retried activity writes one row.
  update_id        text NOT NULL,
  recorded_at      timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (merchant_id, payment_order_id, update_id)
);

-- Row first: the checkout, its orders and its idempotency key, in one statement of the caller's. Answers
-- 'created' or 'replayed' (same body before); raises PS409 when the key or the checkout id came with another body
-- before, which leaves nothing behind. A concurrent twin waits for the first to commit and then replays (I2, I3).
CREATE FUNCTION payments.create_checkout(
  in_merchant_id text, in_checkout jsonb, in_orders jsonb, in_fingerprint bytea, in_route text, in_idempotency_key text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  new_checkout_id text := in_checkout->>'checkout_id';
  earlier_fingerprint bytea;
BEGIN
  IF in_idempotency_key IS NOT NULL THEN
    INSERT INTO payments.idempotency_key (merchant_id, route, idempotency_key, request_fingerprint, resource_id)
    VALUES (in_merchant_id, in_route, in_idempotency_key, in_fingerprint, new_checkout_id)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT request_fingerprint INTO STRICT earlier_fingerprint FROM payments.idempotency_key
      WHERE merchant_id = in_merchant_id AND route = in_route AND idempotency_key = in_idempotency_key;
      IF earlier_fingerprint <> in_fingerprint THEN
        RAISE EXCEPTION 'idempotency_key_reused' USING ERRCODE = 'PS409';
      END IF;
      RETURN 'replayed';
    END IF;
  END IF;

  INSERT INTO payments.checkout
    (merchant_id, checkout_id, buyer_info, seller_info, credit_card_info, failure_policy, capture_method, metadata, request_fingerprint)
  VALUES
    (in_merchant_id, new_checkout_id, in_checkout->'buyer_info', in_checkout->'seller_info', in_checkout->'credit_card_info',
     in_checkout->>'failure_policy', in_checkout->>'capture_method', in_checkout->'metadata', in_fingerprint)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT request_fingerprint INTO STRICT earlier_fingerprint FROM payments.checkout
    WHERE merchant_id = in_merchant_id AND checkout_id = new_checkout_id;
    IF earlier_fingerprint <> in_fingerprint THEN
      RAISE EXCEPTION 'checkout_id_reused' USING ERRCODE = 'PS409';
    END IF;
    RETURN 'replayed';
  END IF;

  INSERT INTO payments.payment_order
    (merchant_id, payment_order_id, checkout_id, position, buyer_account, seller_account, amount, currency, platform_fee, statement_descriptor)
  SELECT in_merchant_id, o.payment_order_id, new_checkout_id, o.position, in_checkout->'buyer_info'->>'id', o.seller_account,
         o.amount, o.currency, o.platform_fee, o.statement_descriptor
  FROM jsonb_to_recordset(in_orders) AS o(payment_order_id text, position integer, seller_account text, amount bigint,
                                          currency text, platform_fee bigint, statement_descriptor text)
  ORDER BY o.payment_order_id;
  RETURN 'created';
END
$$;

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA payments TO paysaga_payments;
GRANT UPDATE ON payments.checkout, payments.payment_order, payments.psp_operation TO paysaga_payments;

-- ────────────────────────────────────────────── wallet ──────────────────────────────────────────────

-- A seller's balances in minor units: a projection of the seller's ledger accounts. `owed` is what the seller owes us.
CREATE TABLE wallet.wallet (
  merchant_id    text NOT NULL,
  seller_account text NOT NULL,
  currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  pending        bigint NOT NULL DEFAULT 0 CHECK (pending >= 0),
  available      bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
  reserved       bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  owed           bigint NOT NULL DEFAULT 0 CHECK (owed >= 0),
  updated_at     timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, seller_account, currency)
);

-- What moved a wallet, once per source: the guard that makes a repeated credit a no-op.
CREATE TABLE wallet.movement (
  merchant_id      text NOT NULL,
  source_type      text NOT NULL,
  source_id        text NOT NULL,
  leg              text NOT NULL,
  seller_account   text NOT NULL,
  currency         text NOT NULL,
  pending_change   bigint NOT NULL,
  available_change bigint NOT NULL,
  reserved_change  bigint NOT NULL,
  recorded_at      timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, source_type, source_id, leg)
);

-- Movement and balance in one statement of the caller's: both happen or neither. Returns whether it was new.
CREATE FUNCTION wallet.apply_movement(
  in_merchant_id text, in_source_type text, in_source_id text, in_leg text,
  in_seller_account text, in_currency text, in_pending bigint, in_available bigint, in_reserved bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  earlier wallet.movement;
BEGIN
  INSERT INTO wallet.movement
    (merchant_id, source_type, source_id, leg, seller_account, currency, pending_change, available_change, reserved_change)
  VALUES
    (in_merchant_id, in_source_type, in_source_id, in_leg, in_seller_account, in_currency, in_pending, in_available, in_reserved)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO STRICT earlier FROM wallet.movement
    WHERE merchant_id = in_merchant_id AND source_type = in_source_type AND source_id = in_source_id AND leg = in_leg;
    IF (earlier.seller_account, earlier.currency, earlier.pending_change, earlier.available_change, earlier.reserved_change)
       IS DISTINCT FROM (in_seller_account, in_currency, in_pending, in_available, in_reserved) THEN
      RAISE EXCEPTION 'wallet movement %/%/% is already recorded with other amounts', in_source_type, in_source_id, in_leg
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN false;
  END IF;
  -- Upsert in two steps: the CHECKs must see the balance after the change, not the change alone.
  INSERT INTO wallet.wallet (merchant_id, seller_account, currency) VALUES (in_merchant_id, in_seller_account, in_currency)
  ON CONFLICT DO NOTHING;
  UPDATE wallet.wallet
  SET pending = pending + in_pending, available = available + in_available, reserved = reserved + in_reserved, updated_at = now()
  WHERE merchant_id = in_merchant_id AND seller_account = in_seller_account AND currency = in_currency;
  RETURN true;
END
$$;

CREATE FUNCTION wallet.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'wallet movements are append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet.movement
  FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change();

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA wallet TO paysaga_wallet;
GRANT UPDATE ON wallet.wallet TO paysaga_wallet;

-- ────────────────────────────────────────────── ledger ──────────────────────────────────────────────

CREATE TABLE ledger.account (
  account_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id text NOT NULL,
  code        text NOT NULL,
  currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  type        text NOT NULL CHECK (type IN ('asset', 'liability', 'income', 'expense')),
  normal_side text NOT NULL GENERATED ALWAYS AS (CASE WHEN type IN ('asset', 'expense') THEN 'debit' ELSE 'credit' END) STORED,
  created_at  timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (merchant_id, code, currency),
  -- Lets an entry prove by foreign key that it stands in its own merchant's book and in its account's currency.
  UNIQUE (account_id, merchant_id, currency)
);

CREATE TABLE ledger.transaction (
  transaction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id    text NOT NULL,
  source_type    text NOT NULL,
  source_id      text NOT NULL,
  leg            text NOT NULL,
  kind           text NOT NULL,
  effective_at   timestamptz(3) NOT NULL,
  recorded_at    timestamptz(3) NOT NULL DEFAULT now(),
  -- The database transaction that wrote it: entries may only be added by the same one.
  recorded_by_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  UNIQUE (merchant_id, source_type, source_id, leg),
  UNIQUE (transaction_id, merchant_id)
);

-- A debit is above zero, a credit below.
CREATE TABLE ledger.entry (
  entry_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL,
  account_id     bigint NOT NULL,
  merchant_id    text NOT NULL,
  currency       text NOT NULL,
  amount         bigint NOT NULL CHECK (amount <> 0),
  FOREIGN KEY (transaction_id, merchant_id) REFERENCES ledger.transaction (transaction_id, merchant_id),
  FOREIGN KEY (account_id, merchant_id, currency) REFERENCES ledger.account (account_id, merchant_id, currency)
);
CREATE INDEX entry_of_transaction ON ledger.entry (transaction_id);
CREATE INDEX entry_of_account ON ledger.entry (account_id) INCLUDE (amount);

-- Runs at commit, with its owner's rights, so that no policy or privilege of the writer can hide rows from the sum.
CREATE FUNCTION ledger.check_balanced() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ledger AS $$
DECLARE
  lines bigint;
  unbalanced text;
BEGIN
  SELECT sum(per_currency.lines), string_agg(per_currency.currency || ' ' || per_currency.total, ', ')
           FILTER (WHERE per_currency.total <> 0)
  INTO lines, unbalanced
  FROM (SELECT currency, count(*) AS lines, sum(amount) AS total
        FROM ledger.entry WHERE transaction_id = NEW.transaction_id GROUP BY currency) AS per_currency;
  IF unbalanced IS NOT NULL THEN
    RAISE EXCEPTION 'ledger transaction % does not sum to zero: %', NEW.transaction_id, unbalanced
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transaction_balanced';
  END IF;
  IF coalesce(lines, 0) < 2 THEN
    RAISE EXCEPTION 'ledger transaction % has fewer than two entries', NEW.transaction_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transaction_has_entries';
  END IF;
  RETURN NULL;
END
$$;
-- Entries can only be written together with their transaction (see below), so checking each transaction once at its
-- commit sees every entry it will ever have.
CREATE CONSTRAINT TRIGGER transaction_balanced AFTER INSERT ON ledger.transaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.check_balanced();

CREATE FUNCTION ledger.refuse_late_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ledger AS $$
BEGIN
  IF EXISTS (
    SELECT FROM new_entries JOIN ledger.transaction USING (transaction_id)
    WHERE recorded_by_xid <> pg_current_xact_id()
  ) THEN
    RAISE EXCEPTION 'a recorded ledger transaction takes no more entries: post a correction instead'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER entry_with_its_transaction AFTER INSERT ON ledger.entry
  REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_late_entry();

-- The writer can't choose these: a forged transaction id or time would defeat the checks above.
CREATE FUNCTION ledger.stamp_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recorded_at := now();
  NEW.recorded_by_xid := pg_current_xact_id();
  RETURN NEW;
END
$$;
CREATE TRIGGER transaction_stamp BEFORE INSERT ON ledger.transaction
  FOR EACH ROW EXECUTE FUNCTION ledger.stamp_transaction();

CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % is refused, post a correction instead', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER transaction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.transaction
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER account_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Appends one transaction with its entries, once per source (L5). `in_lines`: [{"account", "type", "amount"}] in one
-- currency, debits positive, amounts as decimal strings. Returns whether it was new; the same source with other lines
-- is refused, never merged.
CREATE FUNCTION ledger.append_transaction(
  in_merchant_id text, in_source_type text, in_source_id text, in_leg text, in_kind text,
  in_effective_at timestamptz, in_currency text, in_lines jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  new_transaction_id bigint;
  missing boolean;
  differs boolean;
BEGIN
  INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at)
  VALUES (in_merchant_id, in_source_type, in_source_id, in_leg, in_kind, in_effective_at)
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

  -- Nearly always all accounts exist: look first, so that the common case takes no row lock and writes no dead row.
  SELECT EXISTS (
    SELECT FROM jsonb_to_recordset(in_lines) AS line(account text)
    WHERE NOT EXISTS (SELECT FROM ledger.account
                      WHERE merchant_id = in_merchant_id AND code = line.account AND currency = in_currency)
  ) INTO missing;
  IF missing THEN
    INSERT INTO ledger.account (merchant_id, code, currency, type)
    SELECT DISTINCT in_merchant_id, line.account, in_currency, line.type
    FROM jsonb_to_recordset(in_lines) AS line(account text, type text)
    ORDER BY line.account
    ON CONFLICT (merchant_id, code, currency) DO NOTHING;
  END IF;

  INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
  SELECT new_transaction_id, account.account_id, in_merchant_id, in_currency, line.amount
  FROM jsonb_to_recordset(in_lines) AS line(account text, amount bigint)
  JOIN ledger.account ON account.merchant_id = in_merchant_id AND account.code = line.account AND account.currency = in_currency;
  RETURN true;
END
$$;

-- Balance per account, on its normal side: what people expect to read.
CREATE VIEW ledger.account_balance AS
SELECT account.merchant_id, account.code, account.currency, account.type, account.normal_side,
       (CASE account.normal_side WHEN 'debit' THEN 1 ELSE -1 END * coalesce(sum(entry.amount), 0))::bigint AS balance
FROM ledger.account LEFT JOIN ledger.entry USING (account_id)
GROUP BY account.account_id;

GRANT SELECT, INSERT ON ledger.account, ledger.transaction, ledger.entry TO paysaga_ledger;
GRANT SELECT ON ledger.account_balance TO paysaga_ledger;
