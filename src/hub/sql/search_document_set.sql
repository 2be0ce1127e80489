INSERT INTO search_documents (number, repository_id, terms) VALUES ($1, $2, $3)
ON CONFLICT (number) DO UPDATE SET terms = excluded.terms
