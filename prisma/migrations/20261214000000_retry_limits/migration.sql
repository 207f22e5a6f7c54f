-- How often a card may be tried: what its network says of a decline, and how often it was declined without its buyer there.

-- `confirm_card_data`, `do_not_try_again` or `try_again_later`; null where the network says nothing.
ALTER TABLE payments.payment_order ADD COLUMN decline_advice text;

-- A row for each try that a bank has declined, at the time of its subscription (its test clock's, where it has one).
CREATE TABLE payments.card_decline (
  merchant_id    text NOT NULL,
  checkout_id    text NOT NULL,
  payment_method text NOT NULL,
  test_clock_id  text,
  declined_at    timestamptz(3) NOT NULL,
  PRIMARY KEY (merchant_id, checkout_id),
  FOREIGN KEY (merchant_id, checkout_id) REFERENCES payments.checkout
);
CREATE INDEX card_decline_of_card ON payments.card_decline (merchant_id, payment_method, declined_at DESC);

GRANT SELECT, INSERT ON payments.card_decline TO paysaga_payments;
ALTER TABLE payments.card_decline ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees_all ON payments.card_decline TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY own_merchant ON payments.card_decline TO paysaga_payments
  USING (merchant_id = current_setting('paysaga.merchant', true) OR current_setting('paysaga.merchant', true) = '*');
