SELECT id, name FROM repositories WHERE erased_ms IS NULL AND id > $1 ORDER BY id LIMIT 1000
