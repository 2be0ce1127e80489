-- Assessments of versions, kept beside them: each is a JSON object in the store, held by its repository.
CREATE TABLE scorecards (
    id TEXT PRIMARY KEY,
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    version TEXT NOT NULL,
    profile TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    created_by TEXT NOT NULL REFERENCES accounts (id),
    created_ms BIGINT NOT NULL
);
CREATE INDEX scorecards_by_version ON scorecards (repository_id, version, created_ms);
