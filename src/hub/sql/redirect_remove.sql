DELETE FROM redirects WHERE path_key = $1
