SELECT name, is_admin, disabled_ms FROM accounts WHERE id = $1
