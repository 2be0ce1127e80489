-- Whose token has the hash $1 at the time $2: none when it is revoked, expired, or its user is switched off.
SELECT t.id, a.id, a.name, t.scopes, a.is_admin, t.expires_ms, t.used_ms
FROM tokens t JOIN accounts a ON a.id = t.user_id
WHERE t.hash = $1 AND t.revoked_ms IS NULL AND (t.expires_ms IS NULL OR t.expires_ms > $2) AND a.disabled_ms IS NULL
