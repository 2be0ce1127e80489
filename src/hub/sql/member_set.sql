INSERT INTO members (organisation_id, user_id, role, added_ms) VALUES ($1, $2, $3, $4)
ON CONFLICT (organisation_id, user_id) DO UPDATE SET role = excluded.role
