DELETE FROM commits WHERE repository_id = $1
