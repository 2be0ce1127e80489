-- What account $1 holds and may hold.
SELECT COALESCE((SELECT s.size_bytes FROM storage_used s WHERE s.account_id = $1), 0),
       COALESCE((SELECT q.size_bytes_max FROM quotas q WHERE q.account_id = $1), -1)
