-- Makes a repository; no row comes back when the name is taken.
INSERT INTO repositories (id, namespace_id, name, name_key, visibility, gated, gate_form, head, title, card, card_body, search_text,
    download_count, like_count, size_bytes, created_by, created_ms, modified_ms)
VALUES ($1, $2, $3, $4, $5, 'no', NULL, NULL, '', NULL, NULL, '', 0, 0, 0, $6, $7, $7)
ON CONFLICT (namespace_id, name_key) WHERE deleted_ms IS NULL DO NOTHING
RETURNING id
