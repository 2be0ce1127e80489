DELETE FROM likes WHERE repository_id = $1 AND user_id = $2 RETURNING user_id
