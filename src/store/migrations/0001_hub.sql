-- The hub's tables. Ids are UUIDv7 in text, times milliseconds since 1970 in UTC, a flag is 0 or 1, a sha1 or sha256 is lower-case hex.
-- A name is kept as it was written; its key, in lower case, is what must be unique.

-- Users and organisations. They share one table, so that a namespace is one or the other. A user is a login; an organisation a group of them.
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'organisation')),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    full_name TEXT NOT NULL,
    email TEXT,
    password_hash TEXT,
    is_admin BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    disabled_ms BIGINT
);

-- Who belongs to an organisation, and what he may do with its repositories. 1 read, 2 see what was removed, 3 write, 4 admin.
CREATE TABLE members (
    organisation_id TEXT NOT NULL REFERENCES accounts (id),
    user_id TEXT NOT NULL REFERENCES accounts (id),
    role BIGINT NOT NULL CHECK (role BETWEEN 1 AND 4),
    added_ms BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

-- Access tokens: shown once when made, kept as the sha256 of their text. scopes: the bits of enum cy_scope.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    scopes BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT,
    used_ms BIGINT
);
CREATE INDEX tokens_by_user ON tokens (user_id);

-- Sessions of the page. id_hash is the sha256 of the cookie's value; agent and address are what its user knows it by.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    id_hash TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES accounts (id),
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_ms);

-- A link by which a user sets a new password, made by an admin; used once.
CREATE TABLE password_resets (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES accounts (id),
    made_by TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT
);

-- Who an OpenID Connect provider says somebody is.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES accounts (id),
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);

-- A repository: a named series of versions. card is the README's front matter as JSON, card_body the beginning of its text, search_text the
-- title and tags in lower case.
-- head is the tip of main. A deleted one keeps its row: bytes go after the retention time, or at once by an erasure order.
CREATE TABLE repositories (
    id TEXT PRIMARY KEY,
    namespace_id TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'private')),
    gated TEXT NOT NULL CHECK (gated IN ('no', 'auto', 'manual')),
    gate_form TEXT,
    head TEXT,
    title TEXT NOT NULL,
    card TEXT,
    card_body TEXT,
    search_text TEXT NOT NULL,
    download_count BIGINT NOT NULL,
    like_count BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    modified_ms BIGINT NOT NULL,
    disabled_ms BIGINT,
    deleted_ms BIGINT,
    erased_ms BIGINT,
    tombstone TEXT
);
CREATE UNIQUE INDEX repositories_by_name ON repositories (namespace_id, name_key) WHERE deleted_ms IS NULL;
CREATE INDEX repositories_by_created ON repositories (created_ms DESC, id DESC) WHERE deleted_ms IS NULL;
CREATE INDEX repositories_by_modified ON repositories (modified_ms DESC, id DESC) WHERE deleted_ms IS NULL;
CREATE INDEX repositories_by_downloads ON repositories (download_count DESC, id DESC) WHERE deleted_ms IS NULL;
CREATE INDEX repositories_by_likes ON repositories (like_count DESC, id DESC) WHERE deleted_ms IS NULL;

-- What a repository was called: "namespace/name" in lower case. A new repository of that name takes it over.
CREATE TABLE redirects (
    path_key TEXT PRIMARY KEY,
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    created_ms BIGINT NOT NULL
);

-- What one user may do with one repository beyond his roles: the same four steps as members.
CREATE TABLE grants (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    user_id TEXT NOT NULL REFERENCES accounts (id),
    role BIGINT NOT NULL CHECK (role BETWEEN 1 AND 4),
    granted_by TEXT NOT NULL,
    added_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, user_id)
);
CREATE INDEX grants_by_user ON grants (user_id);

-- Branches and tags by their full name: refs/heads/…, refs/tags/….
CREATE TABLE refs (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    name TEXT NOT NULL,
    target TEXT NOT NULL,
    message TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, name)
);

-- Versions. Everything that git's commit object is made of stands here, so that its bytes can be written again. depth is the number of
-- commits before it on its way to the first. build_id only where every file of its MANIFEST is in it with that hash.
CREATE TABLE commits (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    sha TEXT NOT NULL,
    tree TEXT NOT NULL,
    parent TEXT,
    depth BIGINT NOT NULL,
    author_id TEXT NOT NULL,
    author_name TEXT NOT NULL,
    author_email TEXT NOT NULL,
    title TEXT NOT NULL,
    message TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    build_id TEXT,
    PRIMARY KEY (repository_id, sha)
);

-- Folders: the entries of a git tree with each file's size and sha256 (src/hub/listings.h), under git's name of the tree.
CREATE TABLE listings (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    tree TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (repository_id, tree)
);

-- Through which repository an object may be read and committed. One that was neither uploaded to it nor is held by it is unknown there,
-- whatever its hash. committed_ms is NULL until a commit names it. is_guarded: it stands only where removed text stands.
CREATE TABLE repository_objects (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    added_ms BIGINT NOT NULL,
    committed_ms BIGINT,
    is_guarded BIGINT NOT NULL,
    PRIMARY KEY (repository_id, sha256)
);
CREATE INDEX repository_objects_by_sha256 ON repository_objects (sha256);

-- What main's card says, as the clients filter by it: "license:mit", "language:zh", and its bare tags.
CREATE TABLE repository_tags (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    tag TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (repository_id, tag)
);
CREATE INDEX repository_tags_by_tag ON repository_tags (tag, repository_id);

CREATE TABLE likes (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    user_id TEXT NOT NULL REFERENCES accounts (id),
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, user_id)
);
CREATE INDEX likes_by_user ON likes (user_id);

-- Who asked for a gated repository's files, with what he filled in. An accepted one is what lets him read.
CREATE TABLE access_requests (
    id TEXT PRIMARY KEY,
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    user_id TEXT NOT NULL REFERENCES accounts (id),
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected')),
    fields TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    decided_ms BIGINT,
    decided_by TEXT,
    reason TEXT,
    UNIQUE (repository_id, user_id)
);
CREATE INDEX access_requests_by_user ON access_requests (user_id);

-- A party of a repository's data that was confirmed by the organisation it names.
CREATE TABLE confirmations (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    party TEXT NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES accounts (id),
    confirmed_by TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, party)
);

-- What was done, by whom: each entry written in the transaction it tells of, and chained to the one before by its hash (src/hub/audit.h).
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,
    created_ms BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_by_subject ON audit (subject_id, sequence);

-- Work that a server does beside its requests: statistics, erasure, collection of garbage. Taken by a lease, so that a crash returns it.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    attempt_count BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    progress DOUBLE PRECISION NOT NULL,
    error TEXT,
    created_ms BIGINT NOT NULL,
    ended_ms BIGINT
);
CREATE INDEX jobs_by_state ON jobs (state, lease_until_ms);

-- A use is (principal, version, contract or none, purpose, hour): its row is there before its first byte. is_open: bytes may still come.
CREATE TABLE uses (
    id TEXT PRIMARY KEY,
    principal_id TEXT NOT NULL,
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    version TEXT NOT NULL,
    contract_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    hour_ms BIGINT NOT NULL,
    file_count BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    is_open BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    UNIQUE (principal_id, repository_id, version, contract_id, purpose, hour_ms)
);
CREATE INDEX uses_by_repository ON uses (repository_id, hour_ms);
CREATE INDEX uses_by_open ON uses (is_open, hour_ms);

-- What is to be handed on once: a row's id is the identity of what it tells. taken_ms: the receiver has it.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    topic TEXT NOT NULL,
    content TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    taken_ms BIGINT
);
CREATE INDEX outbox_by_topic ON outbox (topic, taken_ms, id);

-- How much an account's repositories may hold; no row: the server's own limit. used_bytes counts each object once a repository.
CREATE TABLE quotas (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id),
    size_bytes_max BIGINT NOT NULL
);
CREATE TABLE storage_used (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id),
    size_bytes BIGINT NOT NULL
);

-- A large upload in parts: the parts are objects until it is complete, or is given up.
CREATE TABLE upload_parts (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    oid TEXT NOT NULL,
    user_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    added_ms BIGINT NOT NULL,
    PRIMARY KEY (repository_id, oid, user_id, number)
);
CREATE INDEX upload_parts_by_sha256 ON upload_parts (sha256);

-- What a user sent by Xet: clients remember for days what they sent and never send it again. The xorb is an object as it came; chunks is
-- where each of its chunks begins (src/hub/xet_xorb.h). It is kept 28 days after its last use.
CREATE TABLE xet_xorbs (
    user_id TEXT NOT NULL REFERENCES accounts (id),
    xorb TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    chunks BYTEA NOT NULL,
    used_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, xorb)
);
CREATE INDEX xet_xorbs_by_sha256 ON xet_xorbs (sha256);
CREATE INDEX xet_xorbs_by_used ON xet_xorbs (used_ms);

-- One value a name: the key that signs URLs, and the like.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
