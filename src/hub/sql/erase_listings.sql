DELETE FROM listings WHERE repository_id = $1
