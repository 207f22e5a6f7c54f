-- The wallet's side of it.
\set seller random(1, :sellers)
SELECT wallet.apply_movement('default', 'payment_order', 'pgbench-' || gen_random_uuid(), 'capture', 'bench-' || (:seller)::text, 'EUR', 1000, 0, 0);
