-- What currencies are worth, and what buyers were told about it. Rates and quotes are facts of their moment: nobody changes them.

CREATE TABLE payments.fx_rate (
  source    text NOT NULL,
  -- The moment the rate is of, by its source.
  as_of     timestamptz(3) NOT NULL,
  base      text NOT NULL,
  currency  text NOT NULL CHECK (currency <> base),
  -- Of `currency` for one unit of `base`.
  rate      numeric(65,30) NOT NULL CHECK (rate > 0),
  -- A source that corrects a rate is believed from then on; what it had said stays.
  loaded_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (source, as_of, currency, loaded_at)
);
CREATE INDEX fx_rate_newest ON payments.fx_rate (as_of DESC, loaded_at DESC);

CREATE TABLE payments.fx_quote (
  merchant_id         text NOT NULL,
  quote_id            text NOT NULL,
  buyer_currency      text NOT NULL,
  buyer_amount        bigint NOT NULL CHECK (buyer_amount > 0),
  seller_currency     text NOT NULL CHECK (seller_currency <> buyer_currency),
  seller_amount       bigint NOT NULL CHECK (seller_amount > 0),
  -- The amount that was asked for; the other one follows from it.
  fixed_side          text NOT NULL CHECK (fixed_side IN ('seller', 'buyer')),
  -- The buyer's currency for one unit of the seller's: in the middle, and with the spread on top.
  mid_rate            numeric(65,30) NOT NULL CHECK (mid_rate > 0),
  rate                numeric(65,30) NOT NULL CHECK (rate >= mid_rate),
  spread_basis_points integer NOT NULL CHECK (spread_basis_points BETWEEN 0 AND 2000),
  -- In the seller's currency.
  spread_amount       bigint NOT NULL CHECK (spread_amount >= 0),
  rate_source         text NOT NULL,
  rate_as_of          timestamptz(3) NOT NULL,
  request_fingerprint bytea NOT NULL,
  created_at          timestamptz(3) NOT NULL DEFAULT now(),
  expires_at          timestamptz(3) NOT NULL CHECK (expires_at > created_at),
  PRIMARY KEY (merchant_id, quote_id)
);

GRANT SELECT, INSERT ON payments.fx_rate, payments.fx_quote TO paysaga_payments;

ALTER TABLE payments.fx_quote ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees_all ON payments.fx_quote TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY own_merchant ON payments.fx_quote TO paysaga_payments
  USING (merchant_id = current_setting('paysaga.merchant', true) OR current_setting('paysaga.merchant', true) = '*');
