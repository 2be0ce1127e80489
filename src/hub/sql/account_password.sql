-- The password of the user called $1, who is not switched off.
SELECT id, name, password_hash FROM accounts WHERE name_key = $1 AND kind = 'user' AND disabled_ms IS NULL
