/* The egress list in force: where connections may lead outside the city's own network, each entry
 * until its day. Empty until somebody makes an entry (store/egress_row.h). One for the process; a
 * change by another process counts within a second. */
#ifndef MODEL_EGRESS_LIST_H
#define MODEL_EGRESS_LIST_H
#include "base/err.h"
#include "base/world.h"

struct db;

enum egress_listed {
    EGRESS_NEVER,    /* not on the list */
    EGRESS_FORMERLY, /* it was, since this process began: connections kept open must not be used */
    EGRESS_NOW
};
enum egress_listed egress_listed(const char *host, long port, int64_t now_ms);

/* Reads the entries when they changed. On error those of the last reading stay. */
enum tb_code egress_list_read(struct db *d, struct tb_err *e) MUST_USE;

struct egress_watch;
enum tb_code egress_watch_start(const char *db_url, struct egress_watch **out,
                                struct tb_err *e) MUST_USE;
void egress_watch_stop(struct egress_watch *w); /* NULL is allowed */

#endif
