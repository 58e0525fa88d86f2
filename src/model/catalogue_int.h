/* What the files of the catalogue share: fields of a row read and checked. */
#ifndef MODEL_CATALOGUE_INT_H
#define MODEL_CATALOGUE_INT_H
#include "base/yaml.h"
#include "model/catalogue.h"

/* Each leaves *out as it is when the field is absent, and is TB_INVALID with file and line when it
 * is wrong. keys ends with NULL. */
/* personal and personal_reason of a row; near: it runs on this machine. */
enum tb_code catalogue_read_personal(const struct yaml *row, bool near, enum personal *way,
                                     struct str *reason, struct tb_err *e);
enum tb_code field_known(const struct yaml *row, const char *const *keys, struct tb_err *e);
enum tb_code field_int(const struct yaml *row, const char *key, int64_t least, int64_t most,
                       int64_t *out, struct tb_err *e);
enum tb_code field_real(const struct yaml *row, const char *key, double least, double most,
                        double *out, struct tb_err *e);
enum tb_code field_bool(const struct yaml *row, const char *key, bool *out, struct tb_err *e);
enum tb_code field_list(struct arena *a, const struct yaml *row, const char *key,
                        struct str_list *out, struct tb_err *e);
enum tb_code field_hours(const struct yaml *row, const char *key, struct hours *out,
                         struct tb_err *e);
enum tb_code field_rows(const struct yaml *top, const char *key, const struct yaml **rows,
                        struct tb_err *e); /* NULL when absent; each row is a map */
/* yaml_fail with a sentence made by printf. */
enum tb_code field_fail(const struct yaml *at, struct tb_err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

enum tb_code catalogue_read_engine(struct arena *a, const struct yaml *row,
                                   struct catalogue_engine *out, struct tb_err *e);
enum tb_code catalogue_read_names(struct arena *a, const struct yaml *top, struct catalogue *out,
                                  struct tb_err *e); /* routes, aliases, classes, profiles */

#endif
