-- Is the object named by a repository, by a part of an upload, or by a xorb?
SELECT 1 WHERE EXISTS (SELECT 1 FROM repository_objects WHERE sha256 = $1) OR EXISTS (SELECT 1 FROM upload_parts WHERE sha256 = $1)
OR EXISTS (SELECT 1 FROM xet_xorbs WHERE sha256 = $1)
