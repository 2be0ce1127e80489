-- The same of the repository that was called $1 ("namespace/name"), for user $2.
SELECT r.id, r.namespace_id, n.name, n.kind, r.name, r.visibility, r.gated, r.gate_form, r.head, r.title, r.card,
       r.download_count, r.like_count, r.size_bytes, r.created_ms, r.modified_ms, r.disabled_ms,
       COALESCE((SELECT m.role FROM members m WHERE m.organisation_id = r.namespace_id AND m.user_id = $2), 0),
       COALESCE((SELECT g.role FROM grants g WHERE g.repository_id = r.id AND g.user_id = $2), 0),
       (SELECT COUNT(*) FROM access_requests q WHERE q.repository_id = r.id AND q.user_id = $2 AND q.status = 'accepted'),
       r.erased_ms, r.tombstone
FROM redirects d JOIN repositories r ON r.id = d.repository_id JOIN accounts n ON n.id = r.namespace_id
WHERE d.path_key = $1 AND r.deleted_ms IS NULL
