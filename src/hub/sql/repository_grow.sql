UPDATE repositories SET size_bytes = size_bytes + $2 WHERE id = $1
