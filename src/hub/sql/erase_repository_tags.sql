DELETE FROM repository_tags WHERE repository_id = $1
