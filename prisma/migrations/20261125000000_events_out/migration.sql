-- What has happened, told to whoever wants to know: an outbox beside the rows it is about, events of it, and their delivery.

DO $$
BEGIN
  BEGIN
    CREATE ROLE paysaga_events LOGIN;
  EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  ALTER ROLE paysaga_events SET search_path = events;
  ALTER ROLE paysaga_events SET statement_timeout = '4s';
  ALTER ROLE paysaga_events SET lock_timeout = '3s';
  ALTER ROLE paysaga_events SET idle_in_transaction_session_timeout = '4s';
END
$$;
CREATE SCHEMA events;
GRANT USAGE ON SCHEMA events TO paysaga_events;

-- ───────────────────────────────────────────── outboxes ──────────────────────────────────────────────

-- One per service, written by triggers in the transaction of the change itself: no path can forget it (O1). `version` counts
-- the changes of one resource that are told of: whoever gets them out of order can tell.
CREATE TABLE payments.outbox (
  outbox_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id   text NOT NULL,
  resource_type text NOT NULL,
  resource_id   text NOT NULL,
  version       integer NOT NULL,
  type          text NOT NULL,
  snapshot      jsonb NOT NULL,
  occurred_at   timestamptz(3) NOT NULL DEFAULT now()
);
CREATE TABLE payouts.outbox (LIKE payments.outbox INCLUDING ALL);
GRANT SELECT, INSERT, DELETE ON payments.outbox TO paysaga_payments;
GRANT SELECT, INSERT, DELETE ON payouts.outbox TO paysaga_payouts;

ALTER TABLE payments.checkout ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE payments.payment_order ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE payments.refund ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE payments.dispute ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE payouts.payout ADD COLUMN version integer NOT NULL DEFAULT 1;

-- Counted before the row is written, told of after it: a row that a conflict kept out is told of by nobody. Both ask the same
-- question, in the WHEN of their triggers.
CREATE FUNCTION payments.count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END
$$;
CREATE FUNCTION payouts.count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END
$$;

-- What a buyer gave, and evidence about a buyer, stays where it is.
CREATE FUNCTION payments.tell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  resource text := CASE TG_TABLE_NAME WHEN 'payment_order' THEN 'payment' ELSE TG_TABLE_NAME END;
  snapshot jsonb := to_jsonb(NEW) - 'buyer_info' - 'seller_info' - 'request_fingerprint' - 'evidence';
  word text;
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'checkout' THEN word := NEW.checkout_status;
    WHEN 'refund' THEN word := NEW.refund_status;
    WHEN 'dispute' THEN
      word := CASE WHEN TG_OP = 'UPDATE' AND snapshot->>'dispute_status' = to_jsonb(OLD)->>'dispute_status' THEN 'funds_moved'
                   ELSE NEW.dispute_status END;
    ELSE
      word := CASE NEW.payment_order_status WHEN 'SUCCESS' THEN 'succeeded' WHEN 'FAILED' THEN 'failed' ELSE NEW.phase END;
  END CASE;
  INSERT INTO payments.outbox (merchant_id, resource_type, resource_id, version, type, snapshot)
  VALUES (NEW.merchant_id, resource, snapshot->>(TG_TABLE_NAME || '_id'), NEW.version, resource || '.' || word, snapshot);
  RETURN NULL;
END
$$;
CREATE FUNCTION payouts.tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO payouts.outbox (merchant_id, resource_type, resource_id, version, type, snapshot)
  VALUES (NEW.merchant_id, 'payout', NEW.payout_id, NEW.version, 'payout.' || NEW.payout_status, to_jsonb(NEW) - 'request_fingerprint');
  RETURN NULL;
END
$$;

CREATE TRIGGER checkout_counts BEFORE UPDATE ON payments.checkout
  FOR EACH ROW WHEN (NEW.checkout_status <> OLD.checkout_status) EXECUTE FUNCTION payments.count_version();
CREATE TRIGGER checkout_made AFTER INSERT ON payments.checkout FOR EACH ROW EXECUTE FUNCTION payments.tell();
CREATE TRIGGER checkout_changed AFTER UPDATE ON payments.checkout
  FOR EACH ROW WHEN (NEW.checkout_status <> OLD.checkout_status) EXECUTE FUNCTION payments.tell();

-- Of an order's many phases those that somebody waits for; its other steps are for the workflow's history.
CREATE TRIGGER payment_order_counts BEFORE UPDATE ON payments.payment_order
  FOR EACH ROW WHEN (NEW.phase <> OLD.phase AND (NEW.payment_order_status IN ('SUCCESS', 'FAILED')
                     OR NEW.phase IN ('authorized', 'requires_action', 'processing', 'unknown', 'needs_attention')))
  EXECUTE FUNCTION payments.count_version();
CREATE TRIGGER payment_order_changed AFTER UPDATE ON payments.payment_order
  FOR EACH ROW WHEN (NEW.phase <> OLD.phase AND (NEW.payment_order_status IN ('SUCCESS', 'FAILED')
                     OR NEW.phase IN ('authorized', 'requires_action', 'processing', 'unknown', 'needs_attention')))
  EXECUTE FUNCTION payments.tell();

CREATE TRIGGER refund_counts BEFORE UPDATE ON payments.refund
  FOR EACH ROW WHEN (NEW.refund_status <> OLD.refund_status) EXECUTE FUNCTION payments.count_version();
CREATE TRIGGER refund_made AFTER INSERT ON payments.refund FOR EACH ROW EXECUTE FUNCTION payments.tell();
CREATE TRIGGER refund_changed AFTER UPDATE ON payments.refund
  FOR EACH ROW WHEN (NEW.refund_status <> OLD.refund_status) EXECUTE FUNCTION payments.tell();

CREATE TRIGGER dispute_counts BEFORE UPDATE ON payments.dispute
  FOR EACH ROW WHEN (NEW.dispute_status <> OLD.dispute_status OR NEW.held_amount <> OLD.held_amount) EXECUTE FUNCTION payments.count_version();
CREATE TRIGGER dispute_made AFTER INSERT ON payments.dispute FOR EACH ROW EXECUTE FUNCTION payments.tell();
CREATE TRIGGER dispute_changed AFTER UPDATE ON payments.dispute
  FOR EACH ROW WHEN (NEW.dispute_status <> OLD.dispute_status OR NEW.held_amount <> OLD.held_amount) EXECUTE FUNCTION payments.tell();

CREATE TRIGGER payout_counts BEFORE UPDATE ON payouts.payout
  FOR EACH ROW WHEN (NEW.payout_status <> OLD.payout_status) EXECUTE FUNCTION payouts.count_version();
CREATE TRIGGER payout_made AFTER INSERT ON payouts.payout FOR EACH ROW EXECUTE FUNCTION payouts.tell();
CREATE TRIGGER payout_changed AFTER UPDATE ON payouts.payout
  FOR EACH ROW WHEN (NEW.payout_status <> OLD.payout_status) EXECUTE FUNCTION payouts.tell();

-- ────────────────────────────────────────────── events ───────────────────────────────────────────────

CREATE TABLE events.event (
  sequence      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id      text NOT NULL UNIQUE,
  merchant_id   text NOT NULL,
  type          text NOT NULL,
  resource_type text NOT NULL,
  resource_id   text NOT NULL,
  version       integer NOT NULL,
  data          jsonb NOT NULL,
  occurred_at   timestamptz(3) NOT NULL,
  recorded_at   timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX event_of_merchant ON events.event (merchant_id, sequence);
CREATE INDEX event_of_resource ON events.event (merchant_id, resource_type, resource_id, sequence);

-- Keeps events, once per id, one writer at a time: whoever has read up to a sequence will never find an earlier one later.
CREATE FUNCTION events.keep(in_events jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  kept integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('paysaga.events'));
  INSERT INTO events.event (event_id, merchant_id, type, resource_type, resource_id, version, data, occurred_at)
  SELECT e.event_id, e.merchant_id, e.type, e.resource_type, e.resource_id, e.version, e.data, e.occurred_at
  FROM jsonb_to_recordset(in_events) AS e(event_id text, merchant_id text, type text, resource_type text, resource_id text,
                                          version integer, data jsonb, occurred_at timestamptz, place integer)
  WHERE NOT EXISTS (SELECT FROM events.event AS known WHERE known.event_id = e.event_id)
  ORDER BY e.place;
  GET DIAGNOSTICS kept = ROW_COUNT;
  RETURN kept;
END
$$;

-- How far each receiver of everything has got.
CREATE TABLE events.sink_position (
  sink     text PRIMARY KEY,
  sequence bigint NOT NULL
);

CREATE TABLE events.webhook_endpoint (
  merchant_id            text NOT NULL,
  endpoint_id            text NOT NULL,
  url                    text NOT NULL,
  types                  text[] NOT NULL DEFAULT '{}',
  secret_sealed          bytea NOT NULL,
  previous_secret_sealed bytea,
  previous_secret_until  timestamptz(3),
  disabled_at            timestamptz(3),
  disabled_reason        text,
  created_at             timestamptz(3) NOT NULL DEFAULT now(),
  updated_at             timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, endpoint_id)
);

-- One per event and endpoint. `starts` counts how often its delivery was begun: the first time, and by each replay.
CREATE TABLE events.webhook_delivery (
  merchant_id   text NOT NULL,
  delivery_id   text NOT NULL,
  endpoint_id   text NOT NULL,
  event_id      text NOT NULL,
  state         text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead', 'disabled')),
  attempts      integer NOT NULL DEFAULT 0,
  last_status   integer,
  last_problem  text,
  last_bytes    integer,
  last_ms       integer,
  starts        integer NOT NULL DEFAULT 1,
  started       integer NOT NULL DEFAULT 0,
  next_try_at   timestamptz(3),
  created_at    timestamptz(3) NOT NULL DEFAULT now(),
  updated_at    timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, delivery_id),
  FOREIGN KEY (merchant_id, endpoint_id) REFERENCES events.webhook_endpoint
);
CREATE INDEX webhook_delivery_unstarted ON events.webhook_delivery (created_at) WHERE started < starts;
CREATE INDEX webhook_delivery_by_time ON events.webhook_delivery (merchant_id, created_at DESC, delivery_id DESC);

GRANT SELECT, INSERT ON events.event TO paysaga_events;
GRANT SELECT, INSERT, UPDATE ON events.sink_position, events.webhook_endpoint, events.webhook_delivery TO paysaga_events;

-- Row-level security, as for every table with a merchant.
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN SELECT * FROM (VALUES ('payments', 'outbox'), ('payouts', 'outbox'), ('events', 'event'), ('events', 'webhook_endpoint'),
                                 ('events', 'webhook_delivery')) AS t(schema_name, table_name)
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
