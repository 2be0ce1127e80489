INSERT INTO audit (sequence, created_ms, actor_id, actor_name, action, subject_id, detail, previous_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
