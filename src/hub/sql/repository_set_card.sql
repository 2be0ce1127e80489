UPDATE repositories SET card = $2, title = $3, search_text = $4, card_body = $5 WHERE id = $1
