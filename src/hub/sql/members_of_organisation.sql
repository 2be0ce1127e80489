-- The members of organisation $1.
SELECT a.id, a.name, a.full_name, m.role
FROM members m JOIN accounts a ON a.id = m.user_id
WHERE m.organisation_id = $1 ORDER BY a.name_key
