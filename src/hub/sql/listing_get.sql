SELECT content FROM listings WHERE repository_id = $1 AND tree = $2
