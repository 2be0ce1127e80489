DELETE FROM quotas WHERE account_id = $1
