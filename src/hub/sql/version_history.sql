-- The commit $2 and those before it, $3 at most.
WITH RECURSIVE chain (sha, tree, parent, depth, author_name, title, message, created_ms, build_id) AS (
    SELECT c.sha, c.tree, c.parent, c.depth, c.author_name, c.title, c.message, c.created_ms, c.build_id FROM commits c WHERE c.repository_id = $1 AND c.sha = $2
    UNION ALL
    SELECT c.sha, c.tree, c.parent, c.depth, c.author_name, c.title, c.message, c.created_ms, c.build_id FROM chain JOIN commits c ON c.repository_id = $1 AND c.sha = chain.parent
)
SELECT sha, tree, parent, depth, author_name, title, message, created_ms, build_id FROM chain LIMIT $3
