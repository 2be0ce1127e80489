DELETE FROM runs WHERE repository_id = $1
