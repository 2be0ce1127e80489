SELECT a.id, a.name, a.full_name, g.role FROM grants g JOIN accounts a ON a.id = g.user_id WHERE g.repository_id = $1 ORDER BY a.name_key
