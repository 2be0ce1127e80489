UPDATE refs SET target = $3 WHERE repository_id = $1 AND name = $2
