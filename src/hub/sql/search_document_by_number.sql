SELECT repository_id FROM search_documents WHERE number = $1
