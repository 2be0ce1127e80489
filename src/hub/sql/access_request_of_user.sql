SELECT id, status FROM access_requests WHERE repository_id = $1 AND user_id = $2
