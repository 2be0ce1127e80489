DELETE FROM scorecards WHERE repository_id = $1
