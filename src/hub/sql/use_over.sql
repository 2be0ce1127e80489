-- Open uses of hours that are over.
SELECT id FROM uses WHERE is_open = 1 AND hour_ms < $1 ORDER BY hour_ms, id LIMIT 1000
