-- What user $1 may see (or all, with $2 = 1) of the account $3 (key), by created, modified, downloads or likes ($8: 0 to 3), the greatest first;
-- $4 gated: -1 both, 0, 1; the page begins after the row of value $5 and id $6 and has $7 rows. An account's own are few: they are sorted here.
SELECT id, namespace_name, name, head, visibility, gated, title, card, download_count, like_count, created_ms, value, modified_ms, disabled_ms
FROM (
    SELECT r.id, n.name AS namespace_name, r.name, r.head, r.visibility, r.gated, r.title, r.card, r.download_count, r.like_count, r.created_ms,
           CASE CAST($8 AS BIGINT) WHEN 0 THEN r.created_ms WHEN 1 THEN r.modified_ms WHEN 2 THEN r.download_count ELSE r.like_count END AS value, r.modified_ms, r.disabled_ms
    FROM accounts n JOIN repositories r ON r.namespace_id = n.id
    WHERE n.name_key = $3 AND r.deleted_ms IS NULL AND r.erased_ms IS NULL
      AND (r.visibility = 'public' OR CAST($2 AS BIGINT) = 1 OR r.namespace_id = $1
           OR EXISTS (SELECT 1 FROM members m WHERE m.organisation_id = r.namespace_id AND m.user_id = $1)
           OR EXISTS (SELECT 1 FROM grants g WHERE g.repository_id = r.id AND g.user_id = $1))
      AND (CAST($4 AS BIGINT) < 0 OR (r.gated <> 'no') = (CAST($4 AS BIGINT) = 1))
) AS own
WHERE value <= CAST($5 AS BIGINT) AND (value < CAST($5 AS BIGINT) OR id < $6)
ORDER BY value DESC, id DESC
LIMIT $7
