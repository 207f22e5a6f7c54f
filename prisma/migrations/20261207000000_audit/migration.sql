-- Of each call that changes something: from where it came, and what its caller had to show.

ALTER TABLE identity.call
  ADD COLUMN remote_address text,
  ADD COLUMN factor text CHECK (factor IN ('api_key', 'sign_in', 'second_factor', 'command_line'));
CREATE INDEX call_by_actor ON identity.call (merchant_id, actor, call_id);
CREATE INDEX call_by_moment ON identity.call USING brin (started_at);

CREATE OR REPLACE FUNCTION identity.keep_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status IS NULL
       AND (NEW.call_id, NEW.merchant_id, NEW.actor, NEW.method, NEW.path, NEW.idempotency_key, NEW.request_id, NEW.started_at,
            NEW.remote_address, NEW.factor)
           IS NOT DISTINCT FROM
           (OLD.call_id, OLD.merchant_id, OLD.actor, OLD.method, OLD.path, OLD.idempotency_key, OLD.request_id, OLD.started_at,
            OLD.remote_address, OLD.factor) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the record of calls is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION identity.begin_call(
  in_merchant_id text, in_actor text, in_method text, in_path text, in_request_id text, in_key text, in_fingerprint bytea,
  in_exclusive boolean, in_lock_seconds integer, in_keep_days integer, in_remote_address text, in_factor text
) RETURNS TABLE (outcome text, call_id bigint, first_sent_at timestamptz, status integer, headers jsonb, body bytea) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_call bigint;
  v_since timestamptz;
  v_found identity.idempotent_answer;
BEGIN
  INSERT INTO identity.call (merchant_id, actor, method, path, idempotency_key, request_id, remote_address, factor)
  VALUES (in_merchant_id, in_actor, in_method, in_path, in_key, in_request_id, in_remote_address, in_factor)
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

-- What processes of the version before call, until they are replaced.
CREATE OR REPLACE FUNCTION identity.begin_call(
  in_merchant_id text, in_actor text, in_method text, in_path text, in_request_id text, in_key text, in_fingerprint bytea,
  in_exclusive boolean, in_lock_seconds integer, in_keep_days integer
) RETURNS TABLE (outcome text, call_id bigint, first_sent_at timestamptz, status integer, headers jsonb, body bytea) LANGUAGE sql AS $$
  SELECT * FROM identity.begin_call(in_merchant_id, in_actor, in_method, in_path, in_request_id, in_key, in_fingerprint,
                                    in_exclusive, in_lock_seconds, in_keep_days, NULL, NULL)
$$;
