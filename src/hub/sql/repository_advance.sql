-- The tip of main is $2 now.
UPDATE repositories SET head = $2, modified_ms = $3 WHERE id = $1
