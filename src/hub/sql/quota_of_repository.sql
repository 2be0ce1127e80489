SELECT q.size_bytes_max FROM quotas q JOIN repositories r ON r.namespace_id = q.account_id WHERE r.id = $1
