-- The name of the user whom an issuer calls $2.
SELECT a.name FROM identities i JOIN accounts a ON a.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2
