-- The repository $1 as the lists have it.
SELECT r.id, n.name, r.name, r.head, r.visibility, r.gated, r.title, r.card, r.download_count, r.like_count, r.created_ms, r.created_ms,
       r.modified_ms, r.disabled_ms
FROM repositories r JOIN accounts n ON n.id = r.namespace_id
WHERE r.id = $1 AND r.deleted_ms IS NULL AND r.erased_ms IS NULL
