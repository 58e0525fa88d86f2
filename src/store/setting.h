/* Small values that the program keeps between runs, by name. */
#ifndef STORE_SETTING_H
#define STORE_SETTING_H
#include "store/db.h"

/* "" when there is none. */
enum tb_code setting_read(struct db *d, struct arena *a, const char *name, struct str *out,
                          struct tb_err *e) MUST_USE;
enum tb_code setting_write(struct db *d, const char *name, struct str value,
                           struct tb_err *e) MUST_USE;

#endif
