INSERT INTO outbox (id, topic, content, created_ms, taken_ms) VALUES ($1, $2, $3, $4, NULL)
