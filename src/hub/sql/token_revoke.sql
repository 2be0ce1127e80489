UPDATE tokens SET revoked_ms = $3 WHERE id = $1 AND user_id = $2 AND revoked_ms IS NULL
