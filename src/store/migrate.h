/* The schema: numbered files sql/NNNN_name.sql, applied in order, each in a transaction together
 * with its row in `migration`. Before a database that already holds something is changed, a whole
 * copy of it is put beside it. A downgrade is a restore of that copy. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H
#include "base/world.h"
#include "store/db.h"

struct migrate_result {
    int from, to;        /* schema numbers before and after; 0: an empty database */
    struct str saved_as; /* path of the copy made before; "" when none was needed */
};
/* Brings d up to the newest file under share_dir/sql. backup_dir NULL: no copy (tests, in memory).
 * TB_CONFLICT when the database is newer than this program (nothing is touched). */
enum tb_code migrate_up(struct db *d, struct arena *a, const char *share_dir,
                        const char *backup_dir, const struct world *w, struct migrate_result *out,
                        struct tb_err *e) MUST_USE;
/* Schema number of the database; 0 when empty. */
enum tb_code migrate_number(struct db *d, int *out, struct tb_err *e) MUST_USE;

/* db_open and migrate_up in one: what every program and test does first. */
enum tb_code migrate_open(const char *url, const char *share_dir, const char *backup_dir,
                          const struct world *w, struct db **out, struct tb_err *e) MUST_USE;

#endif
