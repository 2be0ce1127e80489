DELETE FROM upload_parts WHERE repository_id = $1
