SELECT sha256, size_bytes FROM repository_objects WHERE repository_id = $1 AND sha256 > $2 ORDER BY sha256 LIMIT 1000
