-- Records a migration, in the transaction that ran it.
INSERT INTO migrations (name, sha256, applied_ms) VALUES ($1, $2, $3)
