INSERT INTO identities (issuer, subject, user_id, created_ms) VALUES ($1, $2, $3, $4)
