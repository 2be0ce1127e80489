UPDATE accounts SET disabled_ms = $2 WHERE id = $1
