INSERT INTO listings (repository_id, tree, content) VALUES ($1, $2, $3) ON CONFLICT (repository_id, tree) DO NOTHING
