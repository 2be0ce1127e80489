UPDATE repositories SET visibility = $2, gated = $3 WHERE id = $1
