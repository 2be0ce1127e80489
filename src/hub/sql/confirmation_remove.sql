DELETE FROM confirmations WHERE repository_id = $1 AND party = $2
