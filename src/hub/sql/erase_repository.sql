UPDATE repositories SET erased_ms = $2, tombstone = $3, card = NULL, title = '', search_text = '', head = NULL WHERE id = $1
