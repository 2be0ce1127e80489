-- The commit at the branch $2, or else the tag $3, of repository $1.
SELECT c.sha, c.tree, c.parent, c.depth, c.author_name, c.title, c.message, c.created_ms, c.build_id
FROM refs r JOIN commits c ON c.repository_id = r.repository_id AND c.sha = r.target
WHERE r.repository_id = $1 AND r.name IN ($2, $3) ORDER BY r.name LIMIT 1
