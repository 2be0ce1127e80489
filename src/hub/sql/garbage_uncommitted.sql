DELETE FROM repository_objects WHERE committed_ms IS NULL AND added_ms < $1
