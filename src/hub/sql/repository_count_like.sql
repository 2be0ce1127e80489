UPDATE repositories SET like_count = like_count + $2 WHERE id = $1
