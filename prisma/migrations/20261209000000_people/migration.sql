-- Who may sign in as a person. Only the sign-in service reads this schema: no other process has its role's password.

DO $do$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'paysaga_people') THEN
    CREATE ROLE paysaga_people LOGIN;
  END IF;
  ALTER ROLE paysaga_people SET search_path = people;
  ALTER ROLE paysaga_people SET statement_timeout = '4s';
  ALTER ROLE paysaga_people SET lock_timeout = '3s';
  ALTER ROLE paysaga_people SET idle_in_transaction_session_timeout = '4s';
END
$do$;

CREATE SCHEMA people;
GRANT USAGE ON SCHEMA people TO paysaga_people;

-- The library's tables (better-auth), under our names.
CREATE TABLE people.person (
  id text PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  email_verified boolean NOT NULL DEFAULT false,
  image text,
  two_factor_enabled boolean NOT NULL DEFAULT false,
  -- Several with commas between.
  roles text NOT NULL DEFAULT '',
  -- Whom a person acts for: several with commas between, or "*".
  merchants text NOT NULL DEFAULT '',
  suspended_at timestamptz(3),
  suspended_why text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE people.session (
  id text PRIMARY KEY,
  token text NOT NULL UNIQUE,
  person_id text NOT NULL REFERENCES people.person ON DELETE CASCADE,
  expires_at timestamptz(3) NOT NULL,
  ip_address text,
  user_agent text,
  -- The second factor that was shown last, and when.
  factor text CHECK (factor IN ('otp', 'passkey', 'recovery_code')),
  second_factor_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK ((factor IS NULL) = (second_factor_at IS NULL))
);
CREATE INDEX session_by_person ON people.session (person_id);

CREATE TABLE people.account (
  id text PRIMARY KEY,
  account_id text NOT NULL,
  provider_id text NOT NULL,
  person_id text NOT NULL REFERENCES people.person ON DELETE CASCADE,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz(3),
  refresh_token_expires_at timestamptz(3),
  scope text,
  password text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX account_by_person ON people.account (person_id);

CREATE TABLE people.verification (
  id text PRIMARY KEY,
  identifier text NOT NULL,
  value text NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX verification_by_identifier ON people.verification (identifier);

CREATE TABLE people.two_factor (
  id text PRIMARY KEY,
  person_id text NOT NULL UNIQUE REFERENCES people.person ON DELETE CASCADE,
  secret text NOT NULL,
  backup_codes text NOT NULL,
  verified boolean NOT NULL DEFAULT false,
  failed_verification_count integer NOT NULL DEFAULT 0,
  locked_until timestamptz(3)
);

CREATE TABLE people.passkey (
  id text PRIMARY KEY,
  name text,
  public_key text NOT NULL,
  person_id text NOT NULL REFERENCES people.person ON DELETE CASCADE,
  credential_id text NOT NULL UNIQUE,
  counter integer NOT NULL,
  device_type text NOT NULL,
  backed_up boolean NOT NULL,
  transports text,
  aaguid text,
  created_at timestamptz(3) DEFAULT now()
);
CREATE INDEX passkey_by_person ON people.passkey (person_id);

CREATE TABLE people.signing_key (
  id text PRIMARY KEY,
  public_key text NOT NULL,
  private_key text NOT NULL,
  alg text,
  crv text,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3)
);

-- Tries at one address that have failed in a row, whether or not there is somebody of that address.
CREATE TABLE people.failed_try (
  subject bytea PRIMARY KEY,
  failures integer NOT NULL,
  since timestamptz NOT NULL,
  locked_until timestamptz
);

/*
 * Counts a try before it is looked at, so that a hundred at once are a hundred. Answers until when no more are taken; null: go on.
 * Whoever succeeds takes the row away.
 */
CREATE FUNCTION people.begin_try(in_subject bytea, in_most integer, in_within_seconds integer, in_locked_seconds integer)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  v_locked timestamptz;
BEGIN
  INSERT INTO people.failed_try AS t (subject, failures, since) VALUES (in_subject, 1, now())
  ON CONFLICT (subject) DO UPDATE
    SET failures = CASE WHEN t.locked_until IS NOT NULL OR t.since < now() - make_interval(secs => in_within_seconds) THEN 1
                        ELSE t.failures + 1 END,
        since = CASE WHEN t.locked_until IS NOT NULL OR t.since < now() - make_interval(secs => in_within_seconds) THEN now()
                     ELSE t.since END,
        locked_until = CASE WHEN t.locked_until IS NULL AND t.since >= now() - make_interval(secs => in_within_seconds)
                                 AND t.failures + 1 >= in_most
                            THEN now() + make_interval(secs => in_locked_seconds) END
    WHERE t.locked_until IS NULL OR t.locked_until < now();
  IF FOUND THEN
    RETURN NULL;
  END IF;
  SELECT t.locked_until INTO v_locked FROM people.failed_try AS t WHERE t.subject = in_subject;
  RETURN v_locked;
END
$$;

-- A code of an authenticator is taken once (RFC 6238, 5.2).
CREATE TABLE people.used_code (
  person_id text NOT NULL REFERENCES people.person ON DELETE CASCADE,
  code_hash bytea NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person_id, code_hash)
);

-- What people have done about signing in, and what was done to them. Never changed.
CREATE TABLE people.happening (
  happening_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  happened_at timestamptz(3) NOT NULL DEFAULT now(),
  kind text NOT NULL,
  -- Whom it is about; null where there is nobody of that address.
  person_id text,
  -- Who has done it, where that is somebody else.
  by_person_id text,
  remote_address text,
  user_agent text,
  factor text,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX happening_by_person ON people.happening (person_id, happening_id);

CREATE FUNCTION people.keep_happening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what people have done is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER happening_is_kept BEFORE UPDATE OR DELETE ON people.happening
  FOR EACH ROW EXECUTE FUNCTION people.keep_happening();
CREATE TRIGGER happenings_are_kept BEFORE TRUNCATE ON people.happening
  FOR EACH STATEMENT EXECUTE FUNCTION people.keep_happening();

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA people FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people.begin_try TO paysaga_people;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  people.person, people.session, people.account, people.verification, people.two_factor, people.passkey, people.signing_key,
  people.failed_try, people.used_code TO paysaga_people;
GRANT SELECT, INSERT ON people.happening TO paysaga_people;
