SELECT r.name, r.target FROM refs r LEFT JOIN commits c ON c.repository_id = r.repository_id AND c.sha = r.target
WHERE r.repository_id = $1 AND c.sha IS NULL
