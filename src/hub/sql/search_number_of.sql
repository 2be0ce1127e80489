SELECT number FROM search_documents WHERE repository_id = $1
