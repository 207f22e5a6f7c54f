-- Periods that are counted anew, from the moment of a change: the number of the one that begins at the anchor.
ALTER TABLE payments.subscription
  ADD COLUMN anchor_period integer NOT NULL DEFAULT 0 CHECK (anchor_period >= 0);
