SELECT name, target, message FROM refs WHERE repository_id = $1 ORDER BY name
