/* YAML files that people edit, read whole into a tree that keeps line numbers, so that every
 * complaint names file and line. Aliases, tags and several documents in one file are refused. */
#ifndef BASE_YAML_H
#define BASE_YAML_H
#include "base/arena.h"
#include "base/err.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    int line;            /* 1-based */
    bool quoted;         /* a quoted scalar is always text */
    struct str text;     /* scalar */
    struct yaml **items; /* list: items; map: values */
    struct str *keys;    /* map only, in file order, no key twice */
    size_t n;
    const char *file;
};

/* file is used in messages only. The sentence for the person holds file and line. */
enum tb_code yaml_read(struct arena *a, struct str text, const char *file, struct yaml **out,
                       struct tb_err *e) MUST_USE;
enum tb_code yaml_load(struct arena *a, const char *path, struct yaml **out,
                       struct tb_err *e) MUST_USE;
const struct yaml *yaml_get(const struct yaml *map,
                            const char *key);                 /* NULL if absent or not a map */
struct str yaml_str(const struct yaml *map, const char *key); /* "" if absent */
bool yaml_int(const struct yaml *map, const char *key,
              int64_t *out); /* false if absent or no number */
bool yaml_bool(const struct yaml *map, const char *key, bool otherwise);
size_t yaml_len(const struct yaml *node); /* 0 for NULL and scalars */
/* TB_INVALID with "file 第 N 行：what". */
enum tb_code yaml_fail(const struct yaml *at, const char *what, struct tb_err *e);

#endif
