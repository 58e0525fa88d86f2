/* The target of a request and what else comes as small text in a head: path, query, cookies. Pure.
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H
#include "base/arena.h"
#include "base/err.h"

enum { TARGET_PAIRS_MAX = 64 };

struct target_pair {
    struct str name, value;
};
struct target_pairs {
    struct target_pair *v;
    size_t n;
};

/* Splits at ?, decodes the path: valid UTF-8, no control characters, no dot segments, no encoded or
 * backward slash, begins with one slash. The query stays raw. TB_INVALID otherwise. */
enum tb_code target_split(struct arena *a, struct str target, struct str *path, struct str *query,
                          struct tb_err *e) MUST_USE;
/* a=1&b=%E4%B8%AD+x as pairs, decoded. TB_INVALID on bad escapes, bad UTF-8, control characters
 * other than tab and line ends, or more than 64 pairs. */
enum tb_code target_query(struct arena *a, struct str query, struct target_pairs *out,
                          struct tb_err *e) MUST_USE;
/* The value of a cookie of this name in a Cookie field; "" if absent. The first of several. */
struct str target_cookie(struct str field, struct str name);

#endif
