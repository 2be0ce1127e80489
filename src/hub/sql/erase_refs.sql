DELETE FROM refs WHERE repository_id = $1
