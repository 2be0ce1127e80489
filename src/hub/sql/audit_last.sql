-- The newest entry of the audit log: its number and hash.
SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1
