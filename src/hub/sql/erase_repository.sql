UPDATE repositories SET erased_ms = $2, tombstone = $3, card = NULL, card_body = NULL, size_bytes = 0, title = '', search_text = '', head = NULL WHERE id = $1
