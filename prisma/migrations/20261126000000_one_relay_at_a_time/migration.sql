-- One relay at a time feeds a sink: with several workers each receiver would otherwise get each event from each of them.
-- A relay that has died is followed by another when its lease is over.
ALTER TABLE events.sink_position
  ADD COLUMN leased_by    text,
  ADD COLUMN leased_until timestamptz(3);

-- Takes a sink's lease, or keeps it. Answers from where to go on, and nothing while another has it. A lease with more than
-- half of its time left is not written again.
CREATE FUNCTION events.lease_sink(in_sink text, in_owner text, in_seconds integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_sequence bigint;
BEGIN
  SELECT sequence INTO v_sequence FROM events.sink_position
  WHERE sink = in_sink AND leased_by = in_owner AND leased_until > clock_timestamp() + make_interval(secs => in_seconds / 2.0);
  IF FOUND THEN
    RETURN v_sequence;
  END IF;
  INSERT INTO events.sink_position AS p (sink, sequence, leased_by, leased_until)
  VALUES (in_sink, 0, in_owner, clock_timestamp() + make_interval(secs => in_seconds))
  ON CONFLICT (sink) DO UPDATE SET leased_by = excluded.leased_by, leased_until = excluded.leased_until
  WHERE p.leased_by = excluded.leased_by OR p.leased_until IS NULL OR p.leased_until < clock_timestamp()
  RETURNING sequence INTO v_sequence;
  RETURN v_sequence;
END
$$;
REVOKE EXECUTE ON FUNCTION events.lease_sink FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events.lease_sink TO paysaga_events;

-- Keys that have had their time are deleted by the upkeep: what was made under them has unique rows of its own.
CREATE INDEX idempotency_key_by_time ON payments.idempotency_key (created_at);
GRANT DELETE ON payments.idempotency_key TO paysaga_payments;
CREATE INDEX idempotency_key_by_time ON payouts.idempotency_key (created_at);
