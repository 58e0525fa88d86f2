/* One thread that adds the trail rows of requests: what many threads put in within one fsync is
 * kept together (group commit). It signs the head every AUDIT_SIGN_ROWS rows, every minute in which
 * something was added, and when it stops. Thread-safe. */
#ifndef STORE_AUDIT_WRITER_H
#define STORE_AUDIT_WRITER_H
#include "store/audit.h"

enum { AUDIT_SIGN_ROWS = 500, AUDIT_QUEUE_MAX = 20000 };

struct audit_writer;
struct audit_writer_options {
    const char *db_url;
    const struct keyring *keys; /* NULL: nothing is signed */
    const struct world *world;
    /* Where the newest checkpoint is also kept outside the database, so that a database put back
     * whole to an earlier day is noticed; NULL: nowhere. See audit_file.h. */
    const char *checkpoint_path;
};
enum tb_code audit_writer_start(const struct audit_writer_options *o, struct audit_writer **out,
                                struct tb_err *e) MUST_USE;
/* Hands a copy of x over. wait: returns when the row is on the disk (or could not be put there: the
 * row then stays in the queue and is tried again). Without wait a full queue is TB_BUSY. */
enum tb_code audit_writer_put(struct audit_writer *w, const struct audit_entry *x, bool wait,
                              struct tb_err *e) MUST_USE;
void audit_writer_stop(struct audit_writer *w); /* writes what is left, signs, frees */

#endif
