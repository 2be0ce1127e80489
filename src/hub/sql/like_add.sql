INSERT INTO likes (repository_id, user_id, created_ms) VALUES ($1, $2, $3) ON CONFLICT (repository_id, user_id) DO NOTHING RETURNING user_id
