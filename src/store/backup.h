/* One file that holds everything a city needs to go on elsewhere: a consistent copy of the database
 * (taken while others write), the stored originals, the keys sealed by a recovery code, and at the
 * end MANIFEST.json with the SM3 of every entry and the row counts. A tar file; see archive.h. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H
#include "base/world.h"
#include "store/db.h"

enum { BACKUP_CODE = 32 }; /* XXXXX-XXXXX-XXXXX-XXXXX and a NUL: 100 bits */

struct backup_options {
    const char *data_dir;
    const char *file;
    struct str code; /* recovery code or password for the keys */
    const struct world *world;
    void (*progress)(void *self, int64_t done, int64_t total); /* bytes; may be NULL */
    void *self;
};
enum { BACKUP_TABLES = 10 };
struct backup_result {
    int64_t files, bytes; /* originals; of the whole archive's contents */
    int schema;
    int64_t made_at;
    struct backup_count {
        const char *table;
        int64_t rows;
    } counts[BACKUP_TABLES];
};

void backup_code(const struct world *w, char out[BACKUP_CODE]);
/* d: the open database of data_dir. The file appears whole or not at all. */
enum tb_code backup_make(struct db *d, const struct backup_options *o, struct backup_result *out,
                         struct tb_err *e) MUST_USE;
/* Into data_dir, which must be absent or empty; everything is checked against the manifest before
 * tongban.db appears, and nothing is left behind on failure. TB_FORBIDDEN for a wrong code,
 * TB_CORRUPT for a damaged file, TB_CONFLICT when data_dir holds something. */
enum tb_code backup_restore(const struct backup_options *o, struct backup_result *out,
                            struct tb_err *e) MUST_USE;

#endif
