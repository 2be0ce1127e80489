-- Object $2 of repository $1 stands where removed text stands.
UPDATE repository_objects SET is_guarded = 1 WHERE repository_id = $1 AND sha256 = $2
