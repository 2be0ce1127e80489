UPDATE access_requests SET status = $2, decided_ms = $3, decided_by = $4, reason = $5 WHERE id = $1
