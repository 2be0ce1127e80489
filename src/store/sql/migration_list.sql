-- Which migrations the database has had, in the order of their names.
SELECT name, sha256 FROM migrations ORDER BY name
