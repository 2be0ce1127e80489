SELECT COALESCE(MAX(number), 0) FROM search_documents
