SELECT c.sha, c.tree, c.parent, c.depth, c.author_name, c.title, c.message, c.created_ms, c.build_id FROM commits c WHERE c.repository_id = $1 AND c.sha = $2
