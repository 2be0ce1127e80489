-- Builds that report here while they run (`ciyuan build --report`). progress is what the build last said, a JSON object. One that says
-- nothing for a while is shown as lost; its row stays.
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    user_id TEXT NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    progress TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL
);
CREATE INDEX runs_by_repository ON runs (repository_id, started_ms DESC);
