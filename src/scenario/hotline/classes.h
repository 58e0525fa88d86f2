/* The three-level classification of messages, a table an officer may edit
 * (rules/hotline_classes.yaml): class, group, topic, and the words people use for the topic. */
#ifndef SCENARIO_HOTLINE_CLASSES_H
#define SCENARIO_HOTLINE_CLASSES_H
#include "base/arena.h"
#include "base/err.h"

struct topic {
    struct str l1, l2, l3;
    struct str words; /* as written; "" when only the names say it */
    int line;
};
struct classes {
    const struct topic *v; /* in the file's order: a class and a group stand together */
    size_t n;
    const struct str *names; /* of the first level, each once */
    size_t name_n;
};

/* Everything in a. TB_INVALID with file and line: a level that is empty, doubled or too deep. */
enum tb_code classes_load(struct arena *a, const char *path, struct classes *out,
                          struct tb_err *e) MUST_USE;
enum tb_code classes_read(struct arena *a, struct str yaml, const char *file, struct classes *out,
                          struct tb_err *e) MUST_USE;
/* The same from lines of {"l1","l2","l3"}, as other cities hand theirs over. */
enum tb_code classes_read_lines(struct arena *a, struct str lines, struct classes *out,
                                struct tb_err *e) MUST_USE;

#endif
