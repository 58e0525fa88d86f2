/* The installation's own secrets, made at first run under data/keys, mode 0600 in a folder 0700:
 *   master.key     256 random bits in hex; every key at rest is derived from it by HMAC-SM3
 *   trail.key.pem  SM2 private key that signs checkpoints of the trail
 *   trail.pub.pem  its public half, to be handed to whoever checks exports
 * Losing master.key loses the sealed personal data; a backup holds the keys sealed by a password.
 * Immutable after opening, so any thread may use it. */
#ifndef CRYPTO_KEYRING_H
#define CRYPTO_KEYRING_H
#include "base/arena.h"
#include "base/err.h"
#include "base/world.h"
#include "crypto/sm2.h"

enum { KEY_BYTES = 32 };
struct keyring;

/* Reads the keys under dir. TB_NOT_FOUND when there are none, TB_CORRUPT when one is broken,
 * TB_FORBIDDEN when others may read them. */
enum tb_code keyring_open(const char *dir, struct keyring **out, struct tb_err *e) MUST_USE;
/* As keyring_open; makes what is missing first (never replaces what is there). */
enum tb_code keyring_make(const char *dir, const struct world *w, struct keyring **out,
                          struct tb_err *e) MUST_USE;
void keyring_free(struct keyring *k); /* wipes */

/* The key for one purpose: HMAC-SM3(master, "tongban/1/" purpose). */
void keyring_key(const struct keyring *k, const char *purpose, unsigned char out[KEY_BYTES]);
const struct sm2 *keyring_trail(const struct keyring *k); /* lent */

#endif
