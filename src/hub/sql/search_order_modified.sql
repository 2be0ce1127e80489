SELECT d.number, d.repository_id FROM repositories r JOIN search_documents d ON d.repository_id = r.id
WHERE r.deleted_ms IS NULL ORDER BY r.modified_ms DESC, r.id DESC LIMIT $1 OFFSET $2
