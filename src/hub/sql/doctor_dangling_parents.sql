SELECT c.sha, c.parent FROM commits c LEFT JOIN commits p ON p.repository_id = c.repository_id AND p.sha = c.parent
WHERE c.repository_id = $1 AND c.parent IS NOT NULL AND p.sha IS NULL
