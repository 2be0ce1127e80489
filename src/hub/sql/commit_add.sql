INSERT INTO commits (repository_id, sha, tree, parent, depth, author_id, author_name, author_email, title, message, created_ms, build_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL)
ON CONFLICT (repository_id, sha) DO NOTHING
