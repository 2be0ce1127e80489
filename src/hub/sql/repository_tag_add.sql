INSERT INTO repository_tags (repository_id, tag, position) VALUES ($1, $2, $3)
