-- Who may ask, how often, and what they were answered: keys that can be rotated, calls that are kept with their answers,
-- limits shared by all API processes, and row-level security behind the code.

-- ───────────────────────────────────────────── identity ─────────────────────────────────────────────

-- `prefix` is what a person sees of a key later on. A rotated key lives beside its successor until it is revoked or expires.
ALTER TABLE identity.api_key
  ADD COLUMN prefix       text NOT NULL DEFAULT '',
  ADD COLUMN created_by   text NOT NULL DEFAULT 'setup',
  ADD COLUMN expires_at   timestamptz(3),
  ADD COLUMN last_used_at timestamptz(3),
  ADD COLUMN rotated_from text REFERENCES identity.api_key;
CREATE INDEX api_key_of_merchant ON identity.api_key (merchant_id, created_at, key_id);

-- Refunds have a scope of their own now: keys that could refund before still can.
UPDATE identity.api_key SET scopes = scopes || '{refunds:write}'::text[]
WHERE 'payments:write' = ANY (scopes) AND NOT 'refunds:write' = ANY (scopes);

-- Every call that changes something, written before it is carried out. `status` is null while it runs, and stays so when
-- the process died over it. Never a body: who asked for what is here, what it held is in the rows it made.
CREATE TABLE identity.call (
  call_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id     text NOT NULL,
  actor           text NOT NULL,
  method          text NOT NULL,
  path            text NOT NULL,
  reason          text,
  idempotency_key text,
  request_id      text NOT NULL,
  started_at      timestamptz(3) NOT NULL DEFAULT now(),
  finished_at     timestamptz(3),
  status          integer,
  replayed        boolean NOT NULL DEFAULT false
);
CREATE INDEX call_by_time ON identity.call (merchant_id, call_id);

CREATE FUNCTION identity.keep_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status IS NULL
       AND (NEW.call_id, NEW.merchant_id, NEW.actor, NEW.method, NEW.path, NEW.idempotency_key, NEW.request_id, NEW.started_at)
           IS NOT DISTINCT FROM
           (OLD.call_id, OLD.merchant_id, OLD.actor, OLD.method, OLD.path, OLD.idempotency_key, OLD.request_id, OLD.started_at) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the record of calls is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER call_append_only BEFORE UPDATE OR DELETE ON identity.call FOR EACH ROW EXECUTE FUNCTION identity.keep_call();
CREATE TRIGGER call_not_emptied BEFORE TRUNCATE ON identity.call FOR EACH STATEMENT EXECUTE FUNCTION identity.keep_call();

-- What was answered to a call with an idempotency key, to be answered again (I2). The guard against doing it twice is
-- the row of what was made, in its own service's transaction (I1); this is what is said about it.
CREATE TABLE identity.idempotent_answer (
  merchant_id         text NOT NULL,
  method              text NOT NULL,
  path                text NOT NULL,
  idempotency_key     text NOT NULL,
  request_fingerprint bytea NOT NULL,
  -- When the key was first sent, in this life of it: the same for a call and for whoever takes it over.
  first_sent_at       timestamptz(3) NOT NULL DEFAULT now(),
  locked_until        timestamptz(3) NOT NULL,
  status              integer,
  headers             jsonb,
  -- Sealed where it holds a secret that is shown once.
  body                bytea,
  expires_at          timestamptz(3) NOT NULL,
  PRIMARY KEY (merchant_id, method, path, idempotency_key)
);
CREATE INDEX idempotent_answer_expired ON identity.idempotent_answer (expires_at);

-- Begins a call: records it, and says what to do, in one statement of the caller's:
--   'proceed'    nobody was answered under this key yet; the caller has `lock_seconds` to answer
--   'replay'     with the answer that was given
--   'running'    the first one has not been answered yet
--   'reused'     the key came with another request before
-- A call without a key always proceeds. `in_exclusive` false: of two at once the second proceeds too, because what they make is
-- guarded by its own row, and the first answer to be kept is everybody's.
CREATE FUNCTION identity.begin_call(
  in_merchant_id text, in_actor text, in_method text, in_path text, in_request_id text, in_key text, in_fingerprint bytea,
  in_exclusive boolean, in_lock_seconds integer, in_keep_days integer
) RETURNS TABLE (outcome text, call_id bigint, first_sent_at timestamptz, status integer, headers jsonb, body bytea) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_call bigint;
  v_since timestamptz;
  v_found identity.idempotent_answer;
BEGIN
  INSERT INTO identity.call (merchant_id, actor, method, path, idempotency_key, request_id)
  VALUES (in_merchant_id, in_actor, in_method, in_path, in_key, in_request_id)
  RETURNING call_id INTO v_call;
  IF in_key IS NULL THEN
    RETURN QUERY SELECT 'proceed', v_call, NULL::timestamptz, NULL::integer, NULL::jsonb, NULL::bytea;
    RETURN;
  END IF;

  INSERT INTO identity.idempotent_answer AS a
    (merchant_id, method, path, idempotency_key, request_fingerprint, locked_until, expires_at)
  VALUES (in_merchant_id, in_method, in_path, in_key, in_fingerprint, now() + make_interval(secs => in_lock_seconds),
          now() + make_interval(days => in_keep_days))
  ON CONFLICT (merchant_id, method, path, idempotency_key) DO UPDATE
    -- An expired key is a new one; one whose caller died is taken over by the same request.
    SET first_sent_at = CASE WHEN a.expires_at < now() THEN now() ELSE a.first_sent_at END,
        request_fingerprint = excluded.request_fingerprint, locked_until = excluded.locked_until,
        expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
    WHERE a.expires_at < now()
       OR (a.status IS NULL AND a.request_fingerprint = excluded.request_fingerprint
           AND (a.locked_until < now() OR NOT in_exclusive))
  RETURNING a.first_sent_at INTO v_since;
  IF FOUND THEN
    RETURN QUERY SELECT 'proceed', v_call, v_since, NULL::integer, NULL::jsonb, NULL::bytea;
    RETURN;
  END IF;

  SELECT * INTO STRICT v_found FROM identity.idempotent_answer AS a
  WHERE a.merchant_id = in_merchant_id AND a.method = in_method AND a.path = in_path AND a.idempotency_key = in_key;
  RETURN QUERY SELECT CASE WHEN v_found.request_fingerprint <> in_fingerprint THEN 'reused'
                           WHEN v_found.status IS NULL THEN 'running' ELSE 'replay' END,
                      v_call, v_found.first_sent_at, v_found.status, v_found.headers, v_found.body;
END
$$;

-- Ends a call. With `in_headers` the answer is kept under the key, unless another was kept meanwhile: that one is returned, and
-- is the answer. Without them the key is free again: nothing was carried out.
CREATE FUNCTION identity.end_call(
  in_call_id bigint, in_merchant_id text, in_status integer, in_replayed boolean, in_owns_key boolean, in_reason text,
  in_headers jsonb, in_body bytea
) RETURNS TABLE (status integer, headers jsonb, body bytea) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_call identity.call;
BEGIN
  UPDATE identity.call SET status = in_status, finished_at = now(), replayed = in_replayed, reason = in_reason
  WHERE call_id = in_call_id AND merchant_id = in_merchant_id AND status IS NULL
  RETURNING * INTO v_call;
  IF NOT FOUND OR v_call.idempotency_key IS NULL OR NOT in_owns_key THEN
    RETURN;
  END IF;
  IF in_headers IS NULL THEN
    DELETE FROM identity.idempotent_answer AS a
    WHERE a.merchant_id = v_call.merchant_id AND a.method = v_call.method AND a.path = v_call.path
      AND a.idempotency_key = v_call.idempotency_key AND a.status IS NULL;
    RETURN;
  END IF;
  UPDATE identity.idempotent_answer AS a SET status = in_status, headers = in_headers, body = in_body
  WHERE a.merchant_id = v_call.merchant_id AND a.method = v_call.method AND a.path = v_call.path
    AND a.idempotency_key = v_call.idempotency_key AND a.status IS NULL;
  IF NOT FOUND THEN
    RETURN QUERY SELECT a.status, a.headers, a.body FROM identity.idempotent_answer AS a
    WHERE a.merchant_id = v_call.merchant_id AND a.method = v_call.method AND a.path = v_call.path
      AND a.idempotency_key = v_call.idempotency_key AND a.status IS NOT NULL;
  END IF;
END
$$;

-- Read and written by the rate limiter's own library.
CREATE UNLOGGED TABLE identity.rate_limit (
  key    text PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);

GRANT SELECT, INSERT, UPDATE ON identity.call TO paysaga_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.idempotent_answer, identity.rate_limit TO paysaga_identity;

-- ────────────────────────────────────────────── lists ───────────────────────────────────────────────

-- Newest first, by time and id: what a cursor points at.
CREATE INDEX checkout_by_time ON payments.checkout (merchant_id, created_at DESC, checkout_id DESC);
CREATE INDEX payment_order_by_time ON payments.payment_order (merchant_id, created_at DESC, payment_order_id DESC);
CREATE INDEX payment_order_of_seller ON payments.payment_order (merchant_id, seller_account, created_at DESC, payment_order_id DESC);
CREATE INDEX refund_by_time ON payments.refund (merchant_id, created_at DESC, refund_id DESC);
CREATE INDEX payout_by_time ON payouts.payout (merchant_id, created_at DESC, payout_id DESC);

-- ──────────────────────────────────────── row-level security ─────────────────────────────────────────

-- Behind the code's own WHERE: a row is there for whoever is named in `paysaga.merchant`, for the length of a
-- transaction. '*' is everybody's (the worker, whose sweeps and schedules are about all merchants). Unset, nothing is there.
-- The owner sees all, so that functions with its rights (the balance check above all) are never blind.
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT c.table_schema AS schema_name, c.table_name
    FROM information_schema.columns AS c JOIN information_schema.tables USING (table_schema, table_name)
    WHERE c.column_name = 'merchant_id' AND table_type = 'BASE TABLE'
      AND c.table_schema IN ('identity', 'payments', 'wallet', 'ledger', 'payouts')
  LOOP
    EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t.schema_name, t.table_name);
    EXECUTE format('CREATE POLICY owner_sees_all ON %I.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t.schema_name, t.table_name);
    EXECUTE format(
      $policy$CREATE POLICY own_merchant ON %I.%I TO %I
        USING (merchant_id = current_setting('paysaga.merchant', true) OR current_setting('paysaga.merchant', true) = '*')$policy$,
      t.schema_name, t.table_name, 'paysaga_' || t.schema_name);
  END LOOP;
END
$$;
ALTER VIEW ledger.account_balance SET (security_invoker = true);
