INSERT INTO confirmations (repository_id, party, organisation_id, confirmed_by, created_ms) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (repository_id, party) DO NOTHING
