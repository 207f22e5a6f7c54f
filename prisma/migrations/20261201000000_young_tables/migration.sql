-- Plans are kept by each connection. One that was made while a table was young, and a look at all of it the cheapest, reads all of it still when
-- it holds thousands of rows, until somebody analyzes it. What the ledger does with each posting is about a few rows, by index, at any age.
ALTER FUNCTION ledger.append_transaction(text, text, text, text, text, timestamptz, text, jsonb)
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
ALTER FUNCTION ledger.post(text, text, text, text, jsonb) SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
ALTER FUNCTION ledger.keep_positions() SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
ALTER FUNCTION ledger.refuse_late_entry() SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
ALTER FUNCTION ledger.check_balanced() SET enable_seqscan = off;
