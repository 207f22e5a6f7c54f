-- Cards left on a page of the PSP, changes that are charged by the day, plans that are moved from, clocks to try things out by, and events.

-- ─────────────────────────────────────────── a card by a page ────────────────────────────────────────

ALTER TABLE payments.subscription
  ALTER COLUMN payment_method DROP NOT NULL,
  ADD COLUMN trial_days integer NOT NULL DEFAULT 0 CHECK (trial_days BETWEEN 0 AND 730),
  -- Counts the pages that were asked for; the present one while it is wanted or open.
  ADD COLUMN card_page_number integer NOT NULL DEFAULT 0,
  ADD COLUMN card_page_state text CHECK (card_page_state IN ('wanted', 'open')),
  ADD COLUMN card_page text,
  ADD COLUMN card_page_url text,
  ADD COLUMN card_page_until timestamptz(3),
  ADD COLUMN test_clock_id text,
  -- Up to when it has done by its test clock what was due.
  ADD COLUMN stepped_to timestamptz(3),
  ADD COLUMN version integer NOT NULL DEFAULT 1,
  DROP CONSTRAINT subscription_subscription_status_check,
  ADD CONSTRAINT subscription_subscription_status_check CHECK (subscription_status IN
    ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'unpaid', 'canceled')),
  ADD CHECK (payment_method IS NOT NULL OR subscription_status IN ('incomplete', 'canceled'));

-- ─────────────────────────────────────────── test clocks ─────────────────────────────────────────────

-- The time by which some subscriptions are due, for trying out a year in a minute. Merchants without real money only.
CREATE TABLE payments.test_clock (
  merchant_id   text NOT NULL,
  test_clock_id text NOT NULL CHECK (test_clock_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  frozen_at     timestamptz(3) NOT NULL,
  created_at    timestamptz(3) NOT NULL DEFAULT now(),
  updated_at    timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, test_clock_id)
);
ALTER TABLE payments.subscription ADD FOREIGN KEY (merchant_id, test_clock_id) REFERENCES payments.test_clock;
CREATE INDEX subscription_of_test_clock ON payments.subscription (merchant_id, test_clock_id) WHERE test_clock_id IS NOT NULL;

-- ───────────────────────────────────────── changes within a period ───────────────────────────────────

-- What a change within a period that was paid adds to, or takes from, a later one. Amounts may be below zero.
CREATE TABLE payments.subscription_adjustment (
  adjustment_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id     text NOT NULL,
  subscription_id text NOT NULL,
  -- The period whose rest it is about, or which it was left over from.
  of_period       integer NOT NULL,
  cause           text NOT NULL CHECK (cause IN ('change', 'left_over')),
  from_plan_id    text NOT NULL,
  from_quantity   integer NOT NULL,
  to_plan_id      text NOT NULL,
  to_quantity     integer NOT NULL,
  amount          bigint NOT NULL,
  platform_fee    bigint NOT NULL,
  currency        text NOT NULL,
  effective_at    timestamptz(3) NOT NULL,
  adjustment_state text NOT NULL DEFAULT 'pending' CHECK (adjustment_state IN ('pending', 'applied', 'void')),
  -- The period that it was put on.
  applied_to      integer,
  FOREIGN KEY (merchant_id, subscription_id, of_period) REFERENCES payments.subscription_period,
  CHECK ((adjustment_state = 'applied') = (applied_to IS NOT NULL))
);
CREATE INDEX subscription_adjustment_pending ON payments.subscription_adjustment (merchant_id, subscription_id) WHERE adjustment_state = 'pending';
-- What it is about stays; only which period has it changes.
CREATE FUNCTION payments.keep_adjustment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.of_period, NEW.cause, NEW.amount, NEW.platform_fee, NEW.currency, NEW.effective_at) IS DISTINCT FROM
     (OLD.of_period, OLD.cause, OLD.amount, OLD.platform_fee, OLD.currency, OLD.effective_at) OR OLD.adjustment_state = 'void' THEN
    RAISE EXCEPTION 'adjustment % of subscription % stays as it is', OLD.adjustment_id, OLD.subscription_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER adjustment_stays BEFORE UPDATE ON payments.subscription_adjustment
  FOR EACH ROW EXECUTE FUNCTION payments.keep_adjustment();
CREATE INDEX subscription_adjustment_applied ON payments.subscription_adjustment (merchant_id, subscription_id, applied_to);

-- ───────────────────────────────────────── from plan to plan ─────────────────────────────────────────

CREATE TABLE payments.plan_migration (
  merchant_id         text NOT NULL,
  migration_id        text NOT NULL CHECK (migration_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  from_plan_id        text NOT NULL,
  to_plan_id          text NOT NULL CHECK (to_plan_id <> from_plan_id),
  prorate             boolean NOT NULL,
  moved               integer NOT NULL DEFAULT 0,
  finished_at         timestamptz(3),
  requested_by        text NOT NULL,
  request_fingerprint bytea NOT NULL,
  sweep_after         timestamptz(3) NOT NULL DEFAULT now() + interval '10 seconds',
  created_at          timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, migration_id),
  FOREIGN KEY (merchant_id, from_plan_id) REFERENCES payments.plan,
  FOREIGN KEY (merchant_id, to_plan_id) REFERENCES payments.plan
);
CREATE INDEX plan_migration_to_sweep ON payments.plan_migration (sweep_after) WHERE finished_at IS NULL;

-- ───────────────────────────────────────────── events ────────────────────────────────────────────────

ALTER TABLE payments.subscription_period ADD COLUMN version integer NOT NULL DEFAULT 1;

CREATE FUNCTION payments.tell_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO payments.outbox (merchant_id, resource_type, resource_id, version, type, snapshot)
  VALUES (NEW.merchant_id, 'subscription', NEW.subscription_id, NEW.version,
          'subscription.' || CASE WHEN TG_OP = 'UPDATE' AND NEW.subscription_status = OLD.subscription_status THEN 'changed' ELSE NEW.subscription_status END,
          to_jsonb(NEW) - 'request_fingerprint' - 'buyer_info' || jsonb_build_object('buyer_info', jsonb_build_object('id', NEW.buyer_info->>'id')));
  RETURN NULL;
END
$$;
CREATE FUNCTION payments.tell_subscription_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO payments.outbox (merchant_id, resource_type, resource_id, version, type, snapshot)
  VALUES (NEW.merchant_id, 'subscription_period', NEW.subscription_id || '.' || NEW.period, NEW.version,
          'subscription_period.' || NEW.period_state, to_jsonb(NEW));
  RETURN NULL;
END
$$;

CREATE TRIGGER subscription_counts BEFORE UPDATE ON payments.subscription
  FOR EACH ROW WHEN ((NEW.subscription_status, NEW.plan_id, NEW.quantity, NEW.card_number, NEW.cancel_at_period_end) IS DISTINCT FROM
                     (OLD.subscription_status, OLD.plan_id, OLD.quantity, OLD.card_number, OLD.cancel_at_period_end))
  EXECUTE FUNCTION payments.count_version();
CREATE TRIGGER subscription_made AFTER INSERT ON payments.subscription FOR EACH ROW EXECUTE FUNCTION payments.tell_subscription();
CREATE TRIGGER subscription_told AFTER UPDATE ON payments.subscription
  FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION payments.tell_subscription();

CREATE TRIGGER subscription_period_counts BEFORE UPDATE ON payments.subscription_period
  FOR EACH ROW WHEN (NEW.period_state <> OLD.period_state) EXECUTE FUNCTION payments.count_version();
CREATE TRIGGER subscription_period_made AFTER INSERT ON payments.subscription_period
  FOR EACH ROW WHEN (NEW.period_state <> 'open') EXECUTE FUNCTION payments.tell_subscription_period();
CREATE TRIGGER subscription_period_told AFTER UPDATE ON payments.subscription_period
  FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION payments.tell_subscription_period();

-- ───────────────────────────────────────────── doors ─────────────────────────────────────────────────

REVOKE EXECUTE ON FUNCTION payments.tell_subscription(), payments.tell_subscription_period() FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE ON payments.test_clock, payments.subscription_adjustment, payments.plan_migration TO paysaga_payments;

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['test_clock', 'subscription_adjustment', 'plan_migration'] LOOP
    EXECUTE format('ALTER TABLE payments.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner_sees_all ON payments.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY own_merchant ON payments.%I TO paysaga_payments USING (merchant_id = current_setting(''paysaga.merchant'', true) OR current_setting(''paysaga.merchant'', true) = ''*'')', t);
  END LOOP;
END
$$;

-- What people do about things that no payment order stands behind.
ALTER TABLE payments.ops_action ALTER COLUMN payment_order_id DROP NOT NULL, ADD CHECK (payment_order_id IS NOT NULL OR subject IS NOT NULL);
CREATE UNIQUE INDEX ops_action_of_subject ON payments.ops_action (merchant_id, subject, update_id) WHERE payment_order_id IS NULL;
