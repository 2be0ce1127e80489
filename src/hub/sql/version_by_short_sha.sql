-- Commits whose sha begins with $2: $3 is what follows all of those.
SELECT c.sha, c.tree, c.parent, c.depth, c.author_name, c.title, c.message, c.created_ms, c.build_id FROM commits c WHERE c.repository_id = $1 AND c.sha >= $2 AND c.sha < $3 ORDER BY c.sha LIMIT 2
