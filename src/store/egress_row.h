/* Entries of the egress list as they are kept: where the program may connect to outside the city's
 * own network, who answers for it and until when. An entry never changes; it is ended and made
 * anew. What leads abroad needs a second person (store/dual.h, "egress.abroad"), by a trigger. */
#ifndef STORE_EGRESS_ROW_H
#define STORE_EGRESS_ROW_H
#include "domain/talk.h"
#include "store/db.h"

enum { EGRESS_DAYS_MAX = 366 };

struct egress_row {
    int64_t id, port, expires_at, made_at, ended_at;
    struct str host, purpose, owner, made_by, ended_by;
    bool abroad;
};

/* The number changes whenever an entry is made or ended. */
enum tb_code egress_row_changes(struct db *d, int64_t *out, struct tb_err *e) MUST_USE;
/* Newest first, at most 500. */
enum tb_code egress_row_list(struct db *d, struct arena *a, struct egress_row **out, size_t *n,
                             struct tb_err *e) MUST_USE;
/* TB_INVALID where the host, the port, the owner or the time makes no sense; TB_FORBIDDEN where a
 * second person has to be asked first. Fills id, made_by and made_at. With its trail row. */
enum tb_code egress_row_add(struct talk *t, struct egress_row *r, struct tb_err *e) MUST_USE;
enum tb_code egress_row_end(struct talk *t, int64_t id, struct tb_err *e) MUST_USE;

#endif
