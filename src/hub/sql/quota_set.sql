INSERT INTO quotas (account_id, size_bytes_max) VALUES ($1, $2) ON CONFLICT (account_id) DO UPDATE SET size_bytes_max = excluded.size_bytes_max
