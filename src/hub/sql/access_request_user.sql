SELECT user_id FROM access_requests WHERE repository_id = $1 AND id = $2
