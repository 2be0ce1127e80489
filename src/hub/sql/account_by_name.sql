SELECT id, kind, name, full_name, email, is_admin, created_ms, disabled_ms FROM accounts WHERE name_key = $1
