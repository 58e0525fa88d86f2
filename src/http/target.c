#include "http/target.h"

#include "base/utf8.h"

#include <string.h>

static bool decode(struct arena *a, struct str s, bool plus, struct str *out)
{
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (c == '%') {
            int hi = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
            int lo = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;

            if (hi < 0 || lo < 0)
                return false;
            c = (char)(hi * 16 + lo);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        p[n++] = c;
    }
    p[n] = 0;
    *out = str_of(p, n);
    return utf8_valid(*out);
}

static bool path_ok(struct str p)
{
    struct str rest = str_from(p, 1);

    if (p.n == 0 || p.p[0] != '/')
        return false;
    for (size_t i = 0; i < p.n; i++)
        if ((unsigned char)p.p[i] < ' ' || p.p[i] == 0x7f || p.p[i] == '\\')
            return false;
    while (rest.p) {
        struct str part = str_cut(&rest, STR("/"));

        if (str_eqz(part, ".") || str_eqz(part, ".."))
            return false;
    }
    return true;
}

enum tb_code target_split(struct arena *a, struct str target, struct str *path, struct str *query,
                          struct tb_err *e)
{
    struct str rest = target;
    struct str raw = str_cut(&rest, STR("?"));

    *query = rest;
    for (size_t i = 0; i + 2 < raw.n; i++)
        if (raw.p[i] == '%' && raw.p[i + 1] == '2' && (raw.p[i + 2] | 32) == 'f')
            return tb_fail(e, TB_INVALID, "网址不正确", "path=encoded_slash");
    if (!decode(a, raw, false, path) || !path_ok(*path))
        return tb_fail(e, TB_INVALID, "网址不正确", "path=bad bytes=%zu", raw.n);
    return TB_OK;
}

static bool text_ok(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return false;
    }
    return true;
}

enum tb_code target_query(struct arena *a, struct str query, struct target_pairs *out,
                          struct tb_err *e)
{
    struct str rest = query;
    size_t cap = 0;

    *out = (struct target_pairs){ NULL, 0 };
    while (rest.p) {
        struct str value = str_cut(&rest, STR("&"));
        struct str name = str_cut(&value, STR("="));
        struct target_pair pair;

        if (name.n == 0 && value.n == 0)
            continue;
        if (out->n == TARGET_PAIRS_MAX)
            return tb_fail(e, TB_INVALID, "网址里的参数太多", "query=too_many");
        if (!decode(a, name, true, &pair.name) || !decode(a, value, true, &pair.value) ||
            !text_ok(pair.name) || !text_ok(pair.value))
            return tb_fail(e, TB_INVALID, "网址里的参数不正确", "query=bad bytes=%zu", query.n);
        out->v = arena_grow(a, out->v, out->n, &cap, sizeof(*out->v));
        out->v[out->n++] = pair;
    }
    return TB_OK;
}

struct str target_cookie(struct str field, struct str name)
{
    struct str rest = field;

    while (rest.p) {
        struct str value = str_trim(str_cut(&rest, STR(";")));
        struct str key = str_cut(&value, STR("="));

        if (value.p && str_eq(key, name))
            return value;
    }
    return str_of("", 0);
}
