SELECT tag FROM repository_tags WHERE repository_id = $1 ORDER BY position
