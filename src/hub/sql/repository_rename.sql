UPDATE repositories SET namespace_id = $2, name = $3, name_key = $4 WHERE id = $1
