INSERT INTO search_postings (term, block, content) VALUES ($1, $2, $3)
ON CONFLICT (term, block) DO UPDATE SET content = excluded.content
