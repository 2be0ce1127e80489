-- The user whose name's key is $1, with what his password is checked against.
SELECT id, name, password_hash, full_name, is_admin, disabled_ms FROM accounts WHERE name_key = $1 AND kind = 'user'
