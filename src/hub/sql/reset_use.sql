-- Uses the link whose secret's hash is $1 at the time $2; no row comes back when it was used, or its time is over.
UPDATE password_resets SET used_ms = $2 WHERE hash = $1 AND used_ms IS NULL AND expires_ms > $2 RETURNING user_id
