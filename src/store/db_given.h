/* Rows that C gives to one INSERT (db_run_rows), as a table that SQLite reads: a statement for each
 * of thousands of rows costs twice what the row does. Of the SQLite maker alone. */
#ifndef STORE_DB_GIVEN_H
#define STORE_DB_GIVEN_H
#include "base/alloc.h"
#include "store/db.h"

#include <sqlite3.h>

enum { GIVEN_COLUMNS = 20 };
struct given { /* of one handle; zero to begin with */
    const struct db_source *rows;
    size_t at; /* the row in v */
    struct db_arg v[GIVEN_COLUMNS];
    struct tb_err *e;
    enum tb_code failed; /* a row holds what the database must not take; e says so */
    bool known;          /* to the handle */
    struct given_text *texts;
};
/* The whole statement for the beginning of one; by its address. NULL: the handle does not take the
 * table. It lives as long as g. */
const char *given_statement(struct given *g, sqlite3 *h, const char *beginning, size_t columns);
void given_release(struct given *g);
/* What a text argument must be. */
enum tb_code given_text_ok(const struct db_arg *v, struct tb_err *e) MUST_USE;

#endif
