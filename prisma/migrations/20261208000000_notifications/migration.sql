-- People are told what happened: who they are, what they want to hear, each message and how it went.

ALTER TABLE identity.seller ADD COLUMN email text;
ALTER TABLE identity.seller ADD COLUMN phone text;
ALTER TABLE identity.seller ADD COLUMN locale text;

-- Who of the merchant's own people is told. The address of a chat is a secret: who has it can write there.
CREATE TABLE events.contact (
  merchant_id     text NOT NULL,
  contact_id      text NOT NULL,
  name            text NOT NULL,
  email           text,
  phone           text,
  chat_url_sealed bytea,
  push_sealed     bytea,
  locale          text,
  kinds           text[] NOT NULL DEFAULT '{}',
  active          boolean NOT NULL DEFAULT true,
  created_at      timestamptz(3) NOT NULL DEFAULT now(),
  updated_at      timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, contact_id),
  CHECK (num_nonnulls(email, phone, chat_url_sealed, push_sealed) > 0)
);

-- Kept by a keyed hash of the address: the address itself stays with the buyer's, seller's or contact's own row.
CREATE TABLE events.opt_out (
  merchant_id  text NOT NULL,
  address_hash text NOT NULL,
  kind         text NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, address_hash, kind)
);
CREATE TABLE events.bounced_address (
  merchant_id  text NOT NULL,
  address_hash text NOT NULL,
  shown        text NOT NULL,
  reason       text NOT NULL,
  bounced_at   timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, address_hash)
);

-- One per event, kind and recipient: its id is made of them. `starts` counts how often it was begun: the first time, and by each resend.
CREATE TABLE events.notification (
  merchant_id     text NOT NULL,
  notification_id text NOT NULL,
  event_id        text NOT NULL,
  kind            text NOT NULL,
  audience        text NOT NULL CHECK (audience IN ('buyer', 'seller', 'ops')),
  recipient       text NOT NULL,
  resource_type   text NOT NULL,
  resource_id     text NOT NULL,
  state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed', 'unneeded')),
  reason          text,
  channel         text,
  tries           integer NOT NULL DEFAULT 0,
  starts          integer NOT NULL DEFAULT 1,
  started         integer NOT NULL DEFAULT 0,
  not_before      timestamptz(3),
  next_try_at     timestamptz(3),
  delivered_at    timestamptz(3),
  created_at      timestamptz(3) NOT NULL DEFAULT now(),
  updated_at      timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, notification_id)
);
CREATE INDEX notification_unstarted ON events.notification (created_at) WHERE started < starts;
CREATE INDEX notification_by_time ON events.notification (merchant_id, created_at DESC, notification_id DESC);
CREATE INDEX notification_of_resource ON events.notification (merchant_id, resource_id, kind);
CREATE INDEX notification_unfinished ON events.notification (state) WHERE state IN ('pending', 'failed');

-- The log: each try by one channel. `sending`: nobody can have got it yet. `handing_over`: from here on only the other side's answer tells.
CREATE TABLE events.notification_attempt (
  merchant_id     text NOT NULL,
  notification_id text NOT NULL,
  attempt         integer NOT NULL,
  start           integer NOT NULL,
  channel         text NOT NULL,
  shown           text NOT NULL,
  state           text NOT NULL DEFAULT 'sending' CHECK (state IN ('sending', 'handing_over', 'delivered', 'deferred', 'refused', 'unknown')),
  detail          text,
  started_at      timestamptz(3) NOT NULL DEFAULT now(),
  ended_at        timestamptz(3),
  PRIMARY KEY (merchant_id, notification_id, attempt),
  FOREIGN KEY (merchant_id, notification_id) REFERENCES events.notification
);

CREATE FUNCTION events.keep_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state IN ('sending', 'handing_over') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what was sent stays as it was written down: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
REVOKE EXECUTE ON FUNCTION events.keep_attempts() FROM PUBLIC;
CREATE TRIGGER notification_attempt_kept BEFORE UPDATE OR DELETE ON events.notification_attempt
  FOR EACH ROW EXECUTE FUNCTION events.keep_attempts();
CREATE TRIGGER notification_attempt_not_emptied BEFORE TRUNCATE ON events.notification_attempt
  FOR EACH STATEMENT EXECUTE FUNCTION events.keep_attempts();

GRANT SELECT, INSERT, UPDATE ON events.contact, events.notification, events.notification_attempt TO paysaga_events;
GRANT SELECT, INSERT, UPDATE, DELETE ON events.bounced_address TO paysaga_events;
GRANT SELECT, INSERT, DELETE ON events.opt_out TO paysaga_events;

-- Row-level security, as for every table with a merchant.
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['contact', 'opt_out', 'bounced_address', 'notification', 'notification_attempt']
  LOOP
    EXECUTE format('ALTER TABLE events.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner_sees_all ON events.%I TO CURRENT_USER USING (true) WITH CHECK (true)', t);
    EXECUTE format(
      $policy$CREATE POLICY own_merchant ON events.%I TO paysaga_events
        USING (merchant_id = current_setting('paysaga.merchant', true) OR current_setting('paysaga.merchant', true) = '*')$policy$, t);
  END LOOP;
END
$$;

-- Nobody is told of what was before.
INSERT INTO events.sink_position (sink, sequence) SELECT 'notifications', coalesce(max(sequence), 0) FROM events.event ON CONFLICT DO NOTHING;
