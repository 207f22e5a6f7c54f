-- A seller's life: onboarding at the PSP, what the PSP still wants to know and until when, suspension. Sellers that are there already stand as
-- their `kyc_status` says; nothing is told of them.

ALTER TABLE identity.seller
  ADD COLUMN version             integer NOT NULL DEFAULT 1,
  ADD COLUMN standing            text NOT NULL DEFAULT 'registered',
  -- How the account at the PSP stands, where the PSP and not an operator says who a seller is.
  ADD COLUMN account_standing    text CHECK (account_standing IN ('onboarding', 'in_review', 'verified', 'action_required', 'restricted', 'rejected')),
  ADD COLUMN account_asked_at    timestamptz(3),
  ADD COLUMN account_read_at     timestamptz(3),
  -- The PSP's id of the bank account that it pays out to.
  ADD COLUMN bank_account        text,
  ADD COLUMN country             text CHECK (country ~ '^[A-Z]{2}$'),
  -- The merchant's own page that opens the onboarding anew.
  ADD COLUMN onboarding_url      text,
  ADD COLUMN return_url          text,
  ADD COLUMN requirements        jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN requirements_due_by timestamptz(3),
  ADD COLUMN reminders           integer NOT NULL DEFAULT 0,
  ADD COLUMN suspended_at        timestamptz(3),
  ADD COLUMN suspended_by        text,
  ADD COLUMN suspension_reason   text,
  -- Where the seller was reached before: who changes an address and an account at once is told of at the old one.
  ADD COLUMN email_before        text,
  ADD COLUMN email_changed_at    timestamptz(3),
  ADD COLUMN sweep_after         timestamptz(3) NOT NULL DEFAULT now();

CREATE TABLE identity.outbox (LIKE payments.outbox INCLUDING ALL);

-- How a seller stands is said here and nowhere else, whoever writes. Counted before the row is written, told of after it.
CREATE FUNCTION identity.seller_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.standing := CASE
    WHEN NEW.suspended_at IS NOT NULL THEN 'suspended'
    WHEN NEW.account_standing IS NOT NULL THEN NEW.account_standing
    ELSE CASE NEW.kyc_status WHEN 'verified' THEN 'verified' WHEN 'pending' THEN 'in_review' WHEN 'rejected' THEN 'rejected' ELSE 'registered' END
  END;
  IF TG_OP = 'UPDATE' AND (NEW.standing, NEW.payout_account_changed_at, NEW.reminders > OLD.reminders)
     IS DISTINCT FROM (OLD.standing, OLD.payout_account_changed_at, false) THEN
    NEW.version := OLD.version + 1;
  END IF;
  RETURN NEW;
END
$$;
-- Where a seller is reached stays where it is.
CREATE FUNCTION identity.tell_seller() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  snapshot jsonb := to_jsonb(NEW) - ARRAY['email', 'phone', 'email_before', 'suspended_by', 'onboarding_url', 'return_url'];
  words text[] := ARRAY[]::text[];
  word text;
BEGIN
  IF NEW.standing <> OLD.standing THEN words := words || NEW.standing; END IF;
  IF NEW.payout_account_changed_at IS DISTINCT FROM OLD.payout_account_changed_at THEN words := words || 'payout_account_changed'::text; END IF;
  IF NEW.reminders > OLD.reminders THEN words := words || 'requirements_due'::text; END IF;
  FOREACH word IN ARRAY words LOOP
    INSERT INTO identity.outbox (merchant_id, resource_type, resource_id, version, type, snapshot)
    VALUES (NEW.merchant_id, 'seller', NEW.seller_id, NEW.version, 'seller.' || word, snapshot);
  END LOOP;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION identity.seller_stands(), identity.tell_seller() FROM PUBLIC;

UPDATE identity.seller
SET standing = CASE kyc_status WHEN 'verified' THEN 'verified' WHEN 'pending' THEN 'in_review' WHEN 'rejected' THEN 'rejected' ELSE 'registered' END;
ALTER TABLE identity.seller ADD CHECK (standing IN
  ('registered', 'onboarding', 'in_review', 'verified', 'action_required', 'restricted', 'rejected', 'suspended'));
ALTER TABLE identity.seller ADD CHECK ((suspended_at IS NULL) = (suspension_reason IS NULL));

CREATE TRIGGER seller_stands BEFORE INSERT OR UPDATE ON identity.seller FOR EACH ROW EXECUTE FUNCTION identity.seller_stands();
CREATE TRIGGER seller_told AFTER UPDATE ON identity.seller
  FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION identity.tell_seller();

CREATE INDEX seller_not_charging ON identity.seller (merchant_id) WHERE standing IN ('suspended', 'rejected');
CREATE INDEX seller_by_standing ON identity.seller (merchant_id, standing, seller_id);
CREATE INDEX seller_of_account ON identity.seller (merchant_id, payout_account) WHERE payout_account IS NOT NULL;
CREATE INDEX seller_unswept ON identity.seller (sweep_after) WHERE account_asked_at IS NOT NULL;

-- ───────────────────────────────────────────── doors ─────────────────────────────────────────────────

GRANT SELECT, INSERT, DELETE ON identity.outbox TO paysaga_identity;

ALTER TABLE identity.outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees_all ON identity.outbox TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY own_merchant ON identity.outbox TO paysaga_identity
  USING (merchant_id = current_setting('paysaga.merchant', true) OR current_setting('paysaga.merchant', true) = '*');
