/* The duty list (rules/duties.yaml): which department handles what, a table an officer may edit.
 * Only what stands in it can be dispatched to. */
#ifndef SCENARIO_HOTLINE_DUTIES_H
#define SCENARIO_HOTLINE_DUTIES_H
#include "base/arena.h"
#include "base/err.h"

struct duty { /* one clause of one department */
    uint32_t department;
    struct str does, words; /* the clause; the words people use for it, by 、 */
    int line;
};
struct duty_department {
    struct str id, name, short_name; /* short_name: as people say it, or "" */
    int line;
};
struct duty_common {         /* what departments with such a name handle in most cities */
    struct str names, words; /* both by 、 */
    int line;
};
struct duties {
    const struct duty_department *departments;
    size_t department_n;
    const struct duty *v;
    size_t n;
    const struct duty_common *common;
    size_t common_n;
};

/* Everything in a. TB_INVALID with file and line: a field that is missing, unknown or doubled. */
enum tb_code duties_read(struct arena *a, struct str yaml, const char *file, struct duties *out,
                         struct tb_err *e) MUST_USE;
enum tb_code duties_load(struct arena *a, const char *path, struct duties *out,
                         struct tb_err *e) MUST_USE;
/* The department with this id; SIZE_MAX: none. */
size_t duties_find(const struct duties *d, struct str id);
/* Whether a department of this name is one of those a common row speaks of. */
bool duties_common_fits(const struct duty_common *c, struct str department);

#endif
