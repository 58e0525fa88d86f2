/* What the files of the trail share and nobody else may include. */
#ifndef STORE_AUDIT_INT_H
#define STORE_AUDIT_INT_H
#include "store/audit.h"

#define AUDIT_COLUMNS                                                                              \
    "id, at, actor, role, address, verb, object, outcome, request_id, detail, prev, hash"

extern const char audit_first_prev[]; /* prev of row 1 */
/* The newest row's number and hash; 0 and audit_first_prev where there is none. */
enum tb_code audit_head_read(struct db *d, struct arena *a, int64_t *last, struct str *hash,
                             struct tb_err *e) MUST_USE;
/* text: rows_str, or what lends. */
void audit_row_take(struct rows *r, struct str (*text)(struct rows *, int), struct audit_row *out);

#endif
