-- The parts of user $3's upload of object $2, in their order.
SELECT number, sha256, size_bytes FROM upload_parts WHERE repository_id = $1 AND oid = $2 AND user_id = $3 ORDER BY number
