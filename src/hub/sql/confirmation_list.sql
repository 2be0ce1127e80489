SELECT c.party, a.name, c.confirmed_by, c.created_ms FROM confirmations c JOIN accounts a ON a.id = c.organisation_id
WHERE c.repository_id = $1 ORDER BY c.party
