-- Makes a user or an organisation; no row comes back when the name is taken.
INSERT INTO accounts (id, kind, name, name_key, full_name, email, password_hash, is_admin, created_ms, disabled_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)
ON CONFLICT (name_key) DO NOTHING
RETURNING id
