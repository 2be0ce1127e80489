-- What user $1 may see ($2: he may see all), the greatest modified_ms first. $3 the account's key or '', $4 gated: -1 both, 0, 1; the page begins after
-- the row of value $5 and id $6 and has $7 rows; $8 to $11 are patterns that path or text must fit, $12 to $19 tags or ''.
SELECT r.id, n.name, r.name, r.head, r.visibility, r.gated, r.title, r.card, r.download_count, r.like_count, r.created_ms, r.modified_ms,
       r.modified_ms, r.disabled_ms
FROM repositories r JOIN accounts n ON n.id = r.namespace_id
WHERE r.deleted_ms IS NULL AND r.erased_ms IS NULL
  AND r.modified_ms <= CAST($5 AS BIGINT) AND (r.modified_ms < CAST($5 AS BIGINT) OR r.id < $6)
  AND (r.visibility = 'public' OR CAST($2 AS BIGINT) = 1 OR r.namespace_id = $1
       OR EXISTS (SELECT 1 FROM members m WHERE m.organisation_id = r.namespace_id AND m.user_id = $1)
       OR EXISTS (SELECT 1 FROM grants g WHERE g.repository_id = r.id AND g.user_id = $1))
  AND ($3 = '' OR n.name_key = $3)
  AND (CAST($4 AS BIGINT) < 0 OR (r.gated <> 'no') = (CAST($4 AS BIGINT) = 1))
  AND ($8 = '%' OR n.name_key || '/' || r.name_key || ' ' || r.search_text LIKE $8 ESCAPE '!')
  AND ($9 = '%' OR n.name_key || '/' || r.name_key || ' ' || r.search_text LIKE $9 ESCAPE '!')
  AND ($10 = '%' OR n.name_key || '/' || r.name_key || ' ' || r.search_text LIKE $10 ESCAPE '!')
  AND ($11 = '%' OR n.name_key || '/' || r.name_key || ' ' || r.search_text LIKE $11 ESCAPE '!')
  AND ($12 = '' OR EXISTS (SELECT 1 FROM repository_tags t WHERE t.repository_id = r.id AND t.tag = $12))
  AND ($13 = '' OR EXISTS (SELECT 1 FROM repository_tags t WHERE t.repository_id = r.id AND t.tag = $13))
  AND ($14 = '' OR EXISTS (SELECT 1 FROM repository_tags t WHERE t.repository_id = r.id AND t.tag = $14))
  AND ($15 = '' OR EXISTS (SELECT 1 FROM repository_tags t WHERE t.repository_id = r.id AND t.tag = $15))
  AND ($16 = '' OR EXISTS (SELECT 1 FROM repository_tags t WHERE t.repository_id = r.id AND t.tag = $16))
  AND ($17 = '' OR EXISTS (SELECT 1 FROM repository_tags t WHERE t.repository_id = r.id AND t.tag = $17))
  AND ($18 = '' OR EXISTS (SELECT 1 FROM repository_tags t WHERE t.repository_id = r.id AND t.tag = $18))
  AND ($19 = '' OR EXISTS (SELECT 1 FROM repository_tags t WHERE t.repository_id = r.id AND t.tag = $19))
ORDER BY r.modified_ms DESC, r.id DESC
LIMIT $7
