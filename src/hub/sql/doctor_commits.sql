SELECT sha, tree, parent, author_name, author_email, title, message, created_ms
FROM commits WHERE repository_id = $1 AND sha > $2 ORDER BY sha LIMIT 1000
