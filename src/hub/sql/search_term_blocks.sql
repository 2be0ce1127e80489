SELECT block, content FROM search_postings WHERE term = $1 ORDER BY block
