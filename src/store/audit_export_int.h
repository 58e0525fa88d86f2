/* The last line of an export: shared by who writes and who checks it. */
#ifndef STORE_AUDIT_EXPORT_INT_H
#define STORE_AUDIT_EXPORT_INT_H
#include "store/audit_export.h"

struct audit_proof {
    struct audit_exported what;
    int64_t at;
    struct str keys[SM2_KEYS_MAX], signature;
    size_t key_n;
};
struct str audit_proof_text(struct arena *a, const struct audit_proof *p); /* what is signed */
void audit_proof_json(struct buf *b, const struct audit_proof *p);         /* the line, \n too */

#endif
