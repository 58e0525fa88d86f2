/* Which master key the database's sealed values belong to, so that a lost or foreign key is noticed
 * at the start and never replaced in silence: new keys would leave what was sealed unreadable. */
#ifndef STORE_KEY_MARK_H
#define STORE_KEY_MARK_H
#include "crypto/keyring.h"
#include "store/db.h"

/* Opens the keys under dir, or makes them where this database has never had any. TB_NOT_FOUND
 * (lost) and TB_CORRUPT (another installation's) with the sentence that says what to do; the newest
 * master's mark is kept otherwise. */
enum tb_code key_mark_open(struct db *d, const char *dir, const struct world *w,
                           struct keyring **out, struct tb_err *e) MUST_USE;
/* Compares only; the newest master's mark is kept when the ring knows the one that was. */
enum tb_code key_mark_agree(struct db *d, const struct keyring *k, struct tb_err *e) MUST_USE;
/* From now on the newest master of k counts, whatever was before. */
enum tb_code key_mark_renew(struct db *d, const struct keyring *k, struct tb_err *e) MUST_USE;

#endif
