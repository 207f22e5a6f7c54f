-- An order that the rules of risk have blocked by itself, where the other orders of its checkout go on.
ALTER TABLE payments.payment_order ADD COLUMN refused_by_risk boolean NOT NULL DEFAULT false;
