-- The same password under other parameters, unless it was changed meanwhile.
UPDATE accounts SET password_hash = $2 WHERE id = $1 AND password_hash = $3
