-- Payments that come back: a plan says what and how often, a subscription whose and since when, and each of its periods is paid by an
-- ordinary checkout, once.

ALTER TABLE payments.checkout ADD COLUMN off_session boolean NOT NULL DEFAULT false;

CREATE TABLE payments.plan (
  merchant_id         text NOT NULL,
  plan_id             text NOT NULL CHECK (plan_id ~ '^[A-Za-z0-9._-]{1,64}$'),
  name                text NOT NULL,
  seller_account      text NOT NULL,
  amount              bigint NOT NULL CHECK (amount > 0),
  currency            text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  platform_fee        bigint NOT NULL CHECK (platform_fee BETWEEN 0 AND amount),
  period_unit         text NOT NULL CHECK (period_unit IN ('day', 'week', 'month', 'year')),
  period_count        integer NOT NULL CHECK (period_count BETWEEN 1 AND 365),
  trial_days          integer NOT NULL CHECK (trial_days BETWEEN 0 AND 730),
  -- What becomes of a subscription whose period nobody pays.
  when_unpaid         text NOT NULL CHECK (when_unpaid IN ('cancel', 'keep')),
  dunning             jsonb NOT NULL,
  request_fingerprint bytea NOT NULL,
  created_at          timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, plan_id)
);
CREATE INDEX plan_by_time ON payments.plan (merchant_id, created_at, plan_id);

CREATE TABLE payments.subscription (
  merchant_id          text NOT NULL,
  -- Short enough for the ids of its checkouts, which end in period and try.
  subscription_id      text NOT NULL CHECK (subscription_id ~ '^[A-Za-z0-9._-]{1,48}$'),
  plan_id              text NOT NULL,
  quantity             integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
  buyer_info           jsonb NOT NULL,
  -- The PSP's id of the stored card, and how many there were: a new one begins its own tries.
  payment_method       text NOT NULL,
  card_number          integer NOT NULL DEFAULT 1,
  return_url           text NOT NULL,
  metadata             jsonb NOT NULL,
  time_zone            text NOT NULL,
  -- The beginning of its first period, which all others are counted from; a trial lies before it.
  anchor               timestamptz(3) NOT NULL,
  next_period          integer NOT NULL DEFAULT 0,
  subscription_status  text NOT NULL CHECK (subscription_status IN
    ('trialing', 'active', 'past_due', 'paused', 'unpaid', 'canceled')),
  paused_at            timestamptz(3),
  resume_at            timestamptz(3),
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  cancel_requested     jsonb,
  ended_at             timestamptz(3),
  end_reason           text,
  request_fingerprint  bytea NOT NULL,
  sweep_after          timestamptz(3) NOT NULL DEFAULT now() + interval '10 seconds',
  created_at           timestamptz(3) NOT NULL DEFAULT now(),
  updated_at           timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, subscription_id),
  FOREIGN KEY (merchant_id, plan_id) REFERENCES payments.plan,
  CHECK ((ended_at IS NOT NULL) = (subscription_status = 'canceled')),
  CHECK ((ended_at IS NOT NULL) = (end_reason IS NOT NULL))
);
CREATE INDEX subscription_by_time ON payments.subscription (merchant_id, created_at, subscription_id);
CREATE INDEX subscription_of_plan ON payments.subscription (merchant_id, plan_id, subscription_id) WHERE ended_at IS NULL;
CREATE INDEX subscription_to_sweep ON payments.subscription (sweep_after) WHERE ended_at IS NULL;

-- What is due for one period, once (S2): its key is why no two are ever charged for the same.
CREATE TABLE payments.subscription_period (
  merchant_id     text NOT NULL,
  subscription_id text NOT NULL,
  period          integer NOT NULL CHECK (period >= 0),
  starts_at       timestamptz(3) NOT NULL,
  ends_at         timestamptz(3) NOT NULL CHECK (ends_at > starts_at),
  plan_id         text NOT NULL,
  quantity        integer NOT NULL,
  seller_account  text NOT NULL,
  amount          bigint NOT NULL CHECK (amount >= 0),
  platform_fee    bigint NOT NULL CHECK (platform_fee BETWEEN 0 AND amount),
  currency        text NOT NULL,
  period_state    text NOT NULL CHECK (period_state IN ('open', 'paid', 'skipped', 'failed', 'void')),
  -- Checkouts it was tried by, the present one while there is one, and the next time where there is none.
  tries           integer NOT NULL DEFAULT 0,
  card_tries      integer NOT NULL DEFAULT 0,
  card_number     integer NOT NULL DEFAULT 1,
  checkout_id     text,
  with_buyer      boolean NOT NULL DEFAULT false,
  try_after       timestamptz(3),
  first_failed_at timestamptz(3),
  decline_class   text,
  decline_code    text,
  opened_at       timestamptz(3) NOT NULL,
  settled_at      timestamptz(3),
  PRIMARY KEY (merchant_id, subscription_id, period),
  FOREIGN KEY (merchant_id, subscription_id) REFERENCES payments.subscription,
  CHECK ((period_state = 'open') = (settled_at IS NULL))
);
CREATE UNIQUE INDEX subscription_period_open ON payments.subscription_period (merchant_id, subscription_id) WHERE period_state = 'open';
CREATE UNIQUE INDEX subscription_period_of_checkout ON payments.subscription_period (merchant_id, checkout_id) WHERE checkout_id IS NOT NULL;

-- What has been settled stays so.
CREATE FUNCTION payments.keep_settled_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.period_state <> 'open' OR NEW.amount <> OLD.amount OR NEW.starts_at <> OLD.starts_at THEN
    RAISE EXCEPTION 'period % of subscription % is %: it stays so', OLD.period, OLD.subscription_id, OLD.period_state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER settled_period_stays BEFORE UPDATE ON payments.subscription_period
  FOR EACH ROW EXECUTE FUNCTION payments.keep_settled_period();

-- When a period begins: counted from the anchor each time, at its time of day where the buyer is. A day that a month lacks is its last
-- (31 January, 28 February, 31 March: S1). A time that daylight saving leaves out is an hour later; one that it gives twice is standard time.
CREATE FUNCTION payments.period_start(in_anchor timestamptz, in_time_zone text, in_unit text, in_count integer, in_period integer)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT ((in_anchor AT TIME ZONE in_time_zone) + CASE in_unit
    WHEN 'day' THEN make_interval(days => in_count * in_period)
    WHEN 'week' THEN make_interval(weeks => in_count * in_period)
    WHEN 'month' THEN make_interval(months => in_count * in_period)
    WHEN 'year' THEN make_interval(years => in_count * in_period)
  END) AT TIME ZONE in_time_zone
$$;

GRANT SELECT, INSERT ON payments.plan TO paysaga_payments;
GRANT SELECT, INSERT, UPDATE ON payments.subscription, payments.subscription_period TO paysaga_payments;

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['plan', 'subscription', 'subscription_period'] LOOP
    EXECUTE format('ALTER TABLE payments.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner_sees_all ON payments.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY own_merchant ON payments.%I TO paysaga_payments USING (merchant_id = current_setting(''paysaga.merchant'', true) OR current_setting(''paysaga.merchant'', true) = ''*'')', t);
  END LOOP;
END
$$;
