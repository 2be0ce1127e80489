UPDATE repositories SET card = $2, title = $3, search_text = $4 WHERE id = $1
