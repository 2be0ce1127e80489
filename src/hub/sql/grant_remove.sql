DELETE FROM grants WHERE repository_id = $1 AND user_id = $2
