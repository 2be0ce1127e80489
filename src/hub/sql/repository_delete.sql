UPDATE repositories SET deleted_ms = $2 WHERE id = $1 AND deleted_ms IS NULL
