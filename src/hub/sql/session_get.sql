-- Whose session has the hash $1 at the time $2.
SELECT a.id, a.name, a.is_admin, s.csrf, s.expires_ms
FROM sessions s JOIN accounts a ON a.id = s.user_id
WHERE s.id_hash = $1 AND s.expires_ms > $2 AND a.disabled_ms IS NULL
