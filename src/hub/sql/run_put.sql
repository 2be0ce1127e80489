-- What a run says of itself; a run of another user or repository is not touched.
INSERT INTO runs (id, repository_id, user_id, state, progress, started_ms, seen_ms) VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, progress = excluded.progress, seen_ms = excluded.seen_ms
WHERE runs.user_id = excluded.user_id AND runs.repository_id = excluded.repository_id
