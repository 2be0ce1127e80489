-- The repository $2 of account $1 (keys), and what user $3 is to it: his role by membership, by a grant, and his accepted request.
SELECT r.id, r.namespace_id, n.name, n.kind, r.name, r.visibility, r.gated, r.gate_form, r.head, r.title, r.card,
       r.download_count, r.like_count, r.size_bytes, r.created_ms, r.modified_ms, r.disabled_ms,
       COALESCE((SELECT m.role FROM members m WHERE m.organisation_id = r.namespace_id AND m.user_id = $3), 0),
       COALESCE((SELECT g.role FROM grants g WHERE g.repository_id = r.id AND g.user_id = $3), 0),
       (SELECT COUNT(*) FROM access_requests q WHERE q.repository_id = r.id AND q.user_id = $3 AND q.status = 'accepted'),
       r.erased_ms, r.tombstone
FROM repositories r JOIN accounts n ON n.id = r.namespace_id
WHERE n.name_key = $1 AND r.name_key = $2 AND r.deleted_ms IS NULL
