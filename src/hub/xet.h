/* Write-only Xet: what Hugging Face's clients insist on for large files. Xorbs come in, a shard says which chunks of them a file is made
 * of; the file is put together, checked against its sha256, and kept whole, as one that came by LFS.
 *
 *     POST xorb  ─▶ its chunks' places ─▶ object + row in xet_xorbs (of this user)
 *     POST shard ─▶ each file: its chunks, decoded in order ─▶ spool ─ sha256 as the shard says ─▶ object, held by the repository
 *
 * A client remembers for days which chunks it sent, whatever the repository, and does not send them again: so xorbs are kept for the user
 * who sent them, CY_XET_KEEP_DAYS after their last use. Nobody is helped by knowing another user's hashes. */
#ifndef CY_HUB_XET_H
#define CY_HUB_XET_H

#include "hub/hub.h"
#include "hub/xet_shard.h"

enum { CY_XET_KEEP_DAYS = 28 };
#define CY_XET_FILE_BYTES_MAX ((uint64_t)1 << 40)

/* The spooled body is a xorb of that name; it is put, or stays the caller's to drop. Refusal: INPUT. */
enum cy_status cy_xet_put_xorb(struct cy_hub *hub, struct cy_str user_id, struct cy_str name, struct cy_spool *spool,
                               struct cy_outcome *outcome);
/* Puts the files of a shard together; the repository holds them from then on. Refusals: INPUT (damaged, a chunk that does not decode, bytes
 * that have another sha256), NO_ENTRY (a xorb that this user has not sent), TOO_LARGE (the quota). */
enum cy_status cy_xet_put_shard(struct cy_hub *hub, struct cy_str user_id, struct cy_str repository_id, struct cy_str shard,
                                struct cy_outcome *outcome);

#endif
