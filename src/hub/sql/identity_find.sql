-- The account of subject $2 at issuer $1.
SELECT a.id, a.name, a.full_name, a.is_admin, a.disabled_ms
FROM identities i JOIN accounts a ON a.id = i.user_id
WHERE i.issuer = $1 AND i.subject = $2
