-- Terms from $1 up to, not including, $2, in byte order.
SELECT term, block, content FROM search_postings WHERE term >= $1 AND term < $2 ORDER BY term, block LIMIT $3
