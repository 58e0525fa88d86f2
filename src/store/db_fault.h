/* The maker for tests: a handle over another one that fails a chosen call, so that every operation
 * can be tried with each of its database calls failing in turn. */
#ifndef STORE_DB_FAULT_H
#define STORE_DB_FAULT_H
#include "store/db.h"

struct db_fault {
    int64_t fail_at;   /* the call that fails, counted from 1; 0: none */
    enum tb_code code; /* how it fails: TB_STORE, TB_BUSY … */
    int64_t calls;     /* made so far: begin, run, ask, next, commit */
};
/* Takes inner over (db_close closes both). plan must outlive the handle and may be changed at any
 * time. A call that fails does nothing; a commit that fails rolls back. */
struct db *db_fault_over(struct db *inner, struct db_fault *plan);

#endif
