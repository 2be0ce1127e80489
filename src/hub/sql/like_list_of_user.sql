-- What user $1 likes and user $2 may see, the newest first, 1,000 at most.
SELECT n.name, r.name, l.created_ms
FROM likes l JOIN repositories r ON r.id = l.repository_id JOIN accounts n ON n.id = r.namespace_id
WHERE l.user_id = $1 AND r.deleted_ms IS NULL
  AND (r.visibility = 'public' OR r.namespace_id = $2
       OR EXISTS (SELECT 1 FROM members m WHERE m.organisation_id = r.namespace_id AND m.user_id = $2)
       OR EXISTS (SELECT 1 FROM grants g WHERE g.repository_id = r.id AND g.user_id = $2))
ORDER BY l.created_ms DESC, r.id LIMIT 1000
