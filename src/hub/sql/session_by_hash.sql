-- Whose session has the cookie's hash $1 at the time $2: none when it ended, or its user is switched off.
SELECT s.id, a.id, a.name, a.is_admin, s.created_ms, s.expires_ms, s.seen_ms
FROM sessions s JOIN accounts a ON a.id = s.user_id
WHERE s.id_hash = $1 AND s.expires_ms > $2 AND a.disabled_ms IS NULL
