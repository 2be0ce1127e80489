INSERT INTO scorecards (id, repository_id, version, profile, sha256, size_bytes, created_by, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
