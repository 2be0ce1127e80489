UPDATE xet_xorbs SET used_ms = $3 WHERE user_id = $1 AND xorb = $2
