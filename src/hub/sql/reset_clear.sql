-- Links of user $1 that were not used end.
DELETE FROM password_resets WHERE user_id = $1 AND used_ms IS NULL
