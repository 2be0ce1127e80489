-- Deleted longer ago than their retention time, and still with bytes.
SELECT id FROM repositories WHERE deleted_ms < $1 AND erased_ms IS NULL ORDER BY id LIMIT 100
