SELECT size_bytes, committed_ms, is_guarded FROM repository_objects WHERE repository_id = $1 AND sha256 = $2
