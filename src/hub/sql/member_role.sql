SELECT role FROM members WHERE organisation_id = $1 AND user_id = $2
