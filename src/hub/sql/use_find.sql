SELECT id, is_open FROM uses
WHERE principal_id = $1 AND repository_id = $2 AND version = $3 AND contract_id = $4 AND purpose = $5 AND hour_ms = $6
