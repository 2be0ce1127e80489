SELECT user_id FROM password_resets WHERE hash = $1 AND used_ms IS NULL AND expires_ms > $2
