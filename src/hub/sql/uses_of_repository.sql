-- Who used a repository, the newest hour first; nobody's name is NULL.
SELECT u.id, a.name, u.version, u.contract_id, u.purpose, u.hour_ms, u.file_count, u.size_bytes, u.is_open
FROM uses u LEFT JOIN accounts a ON a.id = u.principal_id WHERE u.repository_id = $1 ORDER BY u.hour_ms DESC, u.id LIMIT $2
