DELETE FROM upload_parts WHERE added_ms < $1
