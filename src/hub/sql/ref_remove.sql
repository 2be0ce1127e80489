DELETE FROM refs WHERE repository_id = $1 AND name = $2 RETURNING target
