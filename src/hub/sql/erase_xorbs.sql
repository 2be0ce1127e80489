-- The xorbs of everybody who sent bytes to the repository: which of them hold its bytes is not known.
DELETE FROM xet_xorbs WHERE user_id IN (SELECT added_by FROM repository_objects WHERE repository_id = $1)
