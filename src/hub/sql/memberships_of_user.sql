-- The organisations of user $1.
SELECT a.id, a.name, a.full_name, m.role
FROM members m JOIN accounts a ON a.id = m.organisation_id
WHERE m.user_id = $1 ORDER BY a.name_key
