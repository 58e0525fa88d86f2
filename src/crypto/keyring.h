/* The installation's own secrets, made at first run under data/keys, mode 0600 in a folder 0700:
 *   master.key     256 random bits in hex; every key at rest is derived from it by HMAC-SM3
 *   trail.key.pem  SM2 private key that signs checkpoints of the trail
 *   trail.pub.pem  its public half, to be handed to whoever checks exports
 *   master.old     masters that a rotation replaced, one hex line each, newest first: what was
 * sealed by them stays readable trail.old.pem  public halves of trail keys that a rotation
 * replaced; their private halves are gone Losing master.key loses the sealed personal data; a
 * backup holds the keys sealed by a password. A ring may be used by any thread while
 * keyring_refresh takes up what a rotation wrote. */
#ifndef CRYPTO_KEYRING_H
#define CRYPTO_KEYRING_H
#include "base/arena.h"
#include "base/err.h"
#include "base/world.h"
#include "crypto/sm2.h"

enum { KEY_BYTES = 32, KEYRING_MASTERS = 8, KEYRING_MARK = 17 };
struct keyring;

/* Reads the keys under dir. TB_NOT_FOUND when there are none, TB_CORRUPT when one is broken,
 * TB_FORBIDDEN when others may read them. */
enum tb_code keyring_open(const char *dir, struct keyring **out, struct tb_err *e) MUST_USE;
/* As keyring_open; makes what is missing first (never replaces what is there). */
enum tb_code keyring_make(const char *dir, const struct world *w, struct keyring **out,
                          struct tb_err *e) MUST_USE;
void keyring_free(struct keyring *k); /* wipes */

/* Writes a new master and a new trail key; what they replace is kept as above. The newest
 * KEYRING_MASTERS - 1 replaced ones stay. A crash in between leaves a ring that opens. */
enum tb_code keyring_rotate(const char *dir, const struct world *w, struct tb_err *e) MUST_USE;
/* Takes the replaced masters away: what they sealed can never be read again. A ring in use keeps
 * them until it is opened anew. */
enum tb_code keyring_forget(const char *dir, struct tb_err *e) MUST_USE;
/* Takes up keys that were rotated since; *changed says whether. On an error the ring stays as it
 * was. One thread at a time. */
enum tb_code keyring_refresh(struct keyring *k, bool *changed, struct tb_err *e) MUST_USE;

/* The key for one purpose: HMAC-SM3(master, "tongban/1/" purpose). age 0: of the newest master;
 * false when there is none so old. */
void keyring_key(const struct keyring *k, const char *purpose, unsigned char out[KEY_BYTES]);
bool keyring_key_of(const struct keyring *k, size_t age, const char *purpose,
                    unsigned char out[KEY_BYTES]);
/* Tells masters apart without giving anything away: 16 hex digits of a key derived for that. */
bool keyring_mark(const struct keyring *k, size_t age, char out[KEYRING_MARK]);
const struct sm2 *keyring_trail(const struct keyring *k);    /* signs; lent until keyring_free */
struct sm2_keys keyring_trail_keys(const struct keyring *k); /* verify: newest first; lent too */

#endif
