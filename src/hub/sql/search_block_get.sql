SELECT content FROM search_postings WHERE term = $1 AND block = $2
