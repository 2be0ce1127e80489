SELECT sha256, size_bytes, chunks FROM xet_xorbs WHERE user_id = $1 AND xorb = $2
