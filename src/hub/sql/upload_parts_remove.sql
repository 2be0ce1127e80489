DELETE FROM upload_parts WHERE repository_id = $1 AND oid = $2 AND user_id = $3
