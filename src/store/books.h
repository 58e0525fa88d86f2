/* The gateway's books: one trail row, one line of use and (as the key wants it) the content for
 * every call, written by one thread in one transaction for all that came within one fsync. A record
 * is in the journal file before books_put returns, so that a killed process loses none: what the
 * store does not have yet is written at the next start. Thread-safe. */
#ifndef STORE_BOOKS_H
#define STORE_BOOKS_H
#include "base/world.h"
#include "crypto/keyring.h"
#include "domain/call.h"

struct books;
struct books_options {
    const char *db_url, *journal_path; /* journal: <data>/calls.journal */
    const struct keyring *keys;        /* seals KEEPING_FULL; signs nothing (audit_writer does) */
    const struct world *world;
};
enum tb_code books_open(const struct books_options *o, struct books **out,
                        struct tb_err *e) MUST_USE;
/* Never waits for the store. TB_BUSY: too many rows wait (the store has been away for long).
 * Costs the caller 2 µs without content, 6 with 3 KB masked, 10 and more a value that is sealed. */
enum tb_code books_put(struct books *b, const struct call_record *r, struct tb_err *e) MUST_USE;
/* The same for many in a row: they are in the journal when books_sync returns, in one write. */
enum tb_code books_add(struct books *b, const struct call_record *r, struct tb_err *e) MUST_USE;
void books_sync(struct books *b);
/* False while the store takes no rows (locked, gone, disk full) for longer than 2 s or the queue is
 * over half full: new calls are then refused with 503 until it does again. Cheap (atomic). */
bool books_well(const struct books *b);
/* Records that the store does not have yet: who makes thousands of them a second should slow down
 * when they grow. Cheap. */
size_t books_backlog(const struct books *b);
/* Waits until what was put so far is in the store, at most most_ms. */
bool books_drain(struct books *b, int64_t most_ms);
/* How many days what was said is kept: 180 unless set. The figures, the digests and the trail stay.
 */
enum { BOOKS_KEEP_DAYS = 180, BOOKS_KEEP_DAYS_MAX = 3650 };
struct db;
enum tb_code books_keep_days(struct db *d, int64_t *out, struct tb_err *e) MUST_USE;
struct talk;
enum tb_code books_keep_days_set(struct talk *t, int64_t days, struct tb_err *e) MUST_USE;
/* Writes what is left; what cannot be written stays in the journal for the next start. */
void books_close(struct books *b);
#endif
