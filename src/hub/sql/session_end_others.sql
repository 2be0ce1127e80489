-- Ends the sessions of user $1 but for the one with the id $2.
DELETE FROM sessions WHERE user_id = $1 AND id <> $2
