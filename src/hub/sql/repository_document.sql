-- What the search knows of repository $1.
SELECT r.namespace_id, n.name, r.name, r.title, r.card_body, r.visibility
FROM repositories r JOIN accounts n ON n.id = r.namespace_id
WHERE r.id = $1
