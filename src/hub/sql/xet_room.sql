-- How many bytes the namespace of a repository may still take; NULL where it has no quota.
SELECT q.size_bytes_max - COALESCE(s.size_bytes, 0)
FROM repositories r JOIN quotas q ON q.account_id = r.namespace_id LEFT JOIN storage_used s ON s.account_id = r.namespace_id
WHERE r.id = $1
