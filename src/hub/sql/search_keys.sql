SELECT d.repository_id, r.created_ms, r.modified_ms, r.download_count, r.like_count
FROM search_documents d JOIN repositories r ON r.id = d.repository_id WHERE d.number = $1
