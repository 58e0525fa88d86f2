/* Retention of the trail. Rows older than what must be kept (at least 183 days: 网络安全法
 * 第二十一条, six months) leave the database only into an export with its proof; where they ended
 * stays as the floor, signed by the trail's key, so that nobody without it can cut the beginning
 * off. A legal hold stops all of it.
 *
 * The floor's signature is SM2 over "tongban-floor-1\n<last>\n<hash>\n<at>\n". */
#ifndef STORE_AUDIT_FLOOR_H
#define STORE_AUDIT_FLOOR_H
#include "store/audit.h"

enum { AUDIT_KEEP_LEAST = 183, AUDIT_KEEP_DAYS = 3 * 365, AUDIT_KEEP_MOST = 30 * 365 };

struct audit_floor {
    int64_t last, at; /* the newest row that was taken out; 0: none ever was */
    struct str hash, signature;
};
enum tb_code audit_floor_read(struct db *d, struct arena *a, struct audit_floor *out,
                              struct tb_err *e) MUST_USE;
bool audit_floor_holds(const struct sm2_keys *keys, const struct audit_floor *f);

struct audit_keeping {
    int64_t days; /* how long rows stay */
    bool held;
    struct str hold_reason, hold_by;
    int64_t hold_at;
};
enum tb_code audit_keeping_read(struct db *d, struct arena *a, struct audit_keeping *out,
                                struct tb_err *e) MUST_USE;
/* Each writes its row into the trail ("audit.keep", "audit.hold", "audit.unhold") in the same
 * transaction. TB_INVALID for days out of range or a hold without a reason (4 to 200 characters).
 */
enum tb_code audit_keep_days(struct talk *t, int64_t days, struct tb_err *e) MUST_USE;
enum tb_code audit_hold(struct talk *t, bool held, struct str reason, struct tb_err *e) MUST_USE;

/* The newest row that may go: below it all are older than the keeping, and a good checkpoint names
 * it. 0: none. TB_CONFLICT while a hold stands. */
enum tb_code audit_prunable(struct db *d, const struct world *w, int64_t *last,
                            struct tb_err *e) MUST_USE;
/* Takes rows up to last out. What they were must be in an export already: digest is its SM3, which
 * the row "audit.prune" names. */
enum tb_code audit_prune(struct talk *t, int64_t last, struct str digest,
                         struct tb_err *e) MUST_USE;

#endif
