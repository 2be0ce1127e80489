-- Does account $1 have another repository than $3 whose key is $2?
SELECT COUNT(*) FROM repositories WHERE namespace_id = $1 AND name_key = $2 AND deleted_ms IS NULL AND id <> $3
