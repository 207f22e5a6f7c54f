-- chr(58) is a colon: pgbench takes one with letters after it for a variable, in strings, too.
-- One capture without a fee, two entries, as the worker appends it: same tables, indexes and triggers.
\set seller random(1, :sellers)
SELECT ledger.append_transaction('default', 'payment_order', 'pgbench-' || gen_random_uuid(), 'capture', 'capture', now(), 'EUR',
  jsonb_build_array(
    jsonb_build_object('account', 'psp_clearing', 'type', 'asset', 'currency', 'EUR', 'amount', '1000'),
    jsonb_build_object('account', concat('seller', chr(58), 'bench-', (:seller)::text, chr(58), 'pending'), 'type', 'liability', 'currency', 'EUR', 'amount', '-1000')));
