DELETE FROM repository_objects WHERE repository_id = $1
