-- The index of the full-text search (src/hub/search_index.h). A document is a repository; its number is small and never used again.
-- terms: what it is found by now, so that it can be taken out again.
CREATE TABLE search_documents (
    number BIGINT PRIMARY KEY,
    repository_id TEXT NOT NULL UNIQUE,
    terms BYTEA NOT NULL
);

-- Which documents hold a term, 4,096 numbers a block: two bytes each, the number in the block and a weight. Bytes, so that both
-- databases order terms the same way.
CREATE TABLE search_postings (
    term BYTEA NOT NULL,
    block BIGINT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (term, block)
);
