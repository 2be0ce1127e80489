-- Entries after number $1, $2 at most.
SELECT sequence, created_ms, actor_id, actor_name, action, subject_id, detail, previous_hash, hash
FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2
