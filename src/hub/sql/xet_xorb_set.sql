-- User $1 sent xorb $2 now, or says again that he did.
INSERT INTO xet_xorbs (user_id, xorb, sha256, size_bytes, chunks, used_ms) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id, xorb) DO UPDATE SET sha256 = excluded.sha256, size_bytes = excluded.size_bytes, chunks = excluded.chunks, used_ms = excluded.used_ms
