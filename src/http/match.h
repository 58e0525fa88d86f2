/* The route rows of all tables, checked once at start-up, and which of them a path belongs to. */
#ifndef HTTP_MATCH_H
#define HTTP_MATCH_H
#include "base/arena.h"
#include "http/route.h"

enum { MATCH_PARAMS_MAX = 6 };

struct match_param {
    struct str name, value;
};
struct match {
    const struct route *route; /* NULL: no such path, or not this method */
    bool path_known;
    char allow[48]; /* "GET, HEAD, POST": what the path can do */
    struct match_param params[MATCH_PARAMS_MAX];
    size_t n;
};

struct matcher;
/* TB_INTERNAL names the first row that has no permission, no handler, no audit verb where one is
 * due, a doubled path, or a path that does not begin with a slash. tables may be NULL. */
enum tb_code matcher_make(struct arena *a, const struct route *const *tables, struct matcher **out,
                          struct tb_err *e) MUST_USE;
/* method 0 asks for the path only. Literal segments win over {names}. */
void matcher_find(const struct matcher *m, enum method method, struct str path, struct match *out);

const char *method_name(enum method m); /* "GET" … */
bool method_parse(struct str s, enum method *out);

#endif
