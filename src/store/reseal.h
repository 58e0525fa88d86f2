/* After a rotation of the master key (crypto/keyring.h): what older masters sealed is sealed again
 * by the newest, some rows at a time in transactions of their own, while everybody works. How far
 * it came stands in the database with the rows themselves, so that a killed process goes on where
 * it was. A walk that finds something to do is followed by another: a value that was sealed by the
 * old key just before the new one was taken up is found then. GB/T 39786-2021 第三级 密钥更新. */
#ifndef STORE_RESEAL_H
#define STORE_RESEAL_H
#include "crypto/keyring.h"
#include "store/db.h"

struct reseal {
    int64_t looked, total; /* rows of this walk; total is counted at its start */
    int64_t sealed;        /* values sealed again since the rotation */
    int64_t lost;          /* of this walk: values that no key opens; they stay as they are */
    bool over;             /* the newest master alone opens all that opens */
};

/* Is there anything sealed by an older master, as far as is known? False for a ring of one. */
enum tb_code reseal_due(struct db *d, const struct keyring *k, bool *due,
                        struct tb_err *e) MUST_USE;
/* The next `most` rows of one table, in one transaction (the caller's if one is open). Call until
 * out->over; calling again then says the same. */
enum tb_code reseal_some(struct db *d, const struct keyring *k, const struct world *w, int64_t most,
                         struct reseal *out, struct tb_err *e) MUST_USE;
/* Where sealed values are: "exchange.personal" …; NULL after the last. A test compares them with
 * the schema, so that no new column is forgotten. */
const char *reseal_column(size_t i);

#endif
