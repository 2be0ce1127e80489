-- Uses the reset $1 up, if it is still good at the time $2; answers whose it is.
UPDATE password_resets SET used_ms = $2 WHERE hash = $1 AND used_ms IS NULL AND expires_ms > $2 RETURNING user_id
