SELECT password_hash FROM accounts WHERE id = $1
