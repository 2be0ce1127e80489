-- Where a user was let in by name: by a grant, or by an accepted request.
SELECT repository_id FROM grants WHERE user_id = $1
UNION SELECT repository_id FROM access_requests WHERE user_id = $1 AND status = 'accepted'
