UPDATE uses SET file_count = file_count + $2, size_bytes = size_bytes + $3 WHERE id = $1
