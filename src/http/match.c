#include "http/match.h"

#include <stdio.h>
#include <string.h>

struct matcher {
    const struct route **rows;
    size_t n;
};

static const char *const method_names[] = {
    [GET] = "GET", [POST] = "POST", [PUT] = "PUT", [DELETE] = "DELETE"
};

const char *method_name(enum method m)
{
    return m >= GET && m <= DELETE ? method_names[m] : "?";
}

enum route_trail route_trail(const struct route *r)
{
    return !r->audit[0] ? TRAIL_NONE : r->audit[0] == '!' ? TRAIL_REFUSALS : TRAIL_ALL;
}

const char *route_verb(const struct route *r)
{
    return r->audit + (route_trail(r) == TRAIL_REFUSALS);
}

bool method_parse(struct str s, enum method *out)
{
    for (enum method m = GET; m <= DELETE; m++) {
        if (str_eqz(s, method_names[m])) {
            *out = m;
            return true;
        }
    }
    return false;
}

static bool is_name(struct str part)
{
    return part.n > 2 && part.p[0] == '{' && part.p[part.n - 1] == '}';
}

static bool is_rest(struct str part)
{
    return is_name(part) && str_ends(part, STR("...}"));
}

/* Walks pattern and path side by side. */
static bool fits(const struct route *r, struct str path, struct match *out)
{
    struct str want = str_from(str_z(r->path), 1), have = str_from(path, 1);

    out->n = 0;
    while (want.p && have.p) {
        struct str whole = have;
        struct str w = str_cut(&want, STR("/")), h = str_cut(&have, STR("/"));

        if (is_name(w)) {
            struct match_param *p = &out->params[out->n++];

            p->name = str_sub(w, 1, w.n - (is_rest(w) ? 5 : 2));
            p->value = is_rest(w) ? whole : h;
            if (p->value.n == 0)
                return false;
            if (is_rest(w))
                return true;
        } else if (!str_eq(w, h)) {
            return false;
        }
    }
    return !want.p && !have.p;
}

/* Less is better: the place of the first {name} counts from the end. */
static size_t vagueness(const struct route *r)
{
    size_t brace = str_find(str_z(r->path), STR("{"));

    return brace == SIZE_MAX ? 0 : 10000 - brace;
}

static const char *row_fault(const struct route *r)
{
    size_t names = 0;

    for (const char *p = r->path; *p; p++)
        names += *p == '{';
    if (r->path[0] != '/' || names > MATCH_PARAMS_MAX)
        return "path";
    if (r->method < GET || r->method > DELETE)
        return "method";
    if (r->need == PERM_NONE)
        return "need";
    if (!r->run != (r->kind == ROUTE_RELAY))
        return "run";
    if (!r->audit || !r->about || !*r->about)
        return "audit_or_about";
    return NULL;
}

static enum tb_code add_row(struct matcher *m, const struct route *r, struct tb_err *e)
{
    const char *fault = row_fault(r);
    size_t at = m->n;

    for (size_t i = 0; i < m->n && !fault; i++)
        if (m->rows[i]->method == r->method && strcmp(m->rows[i]->path, r->path) == 0)
            fault = "doubled";
    if (fault)
        return tb_fail(e, TB_INTERNAL, "程序的接口表有误，请联系供应商", "route=%s fault=%s",
                       r->path, fault);
    for (; at > 0 && vagueness(m->rows[at - 1]) > vagueness(r); at--)
        m->rows[at] = m->rows[at - 1];
    m->rows[at] = r;
    m->n++;
    return TB_OK;
}

enum tb_code matcher_make(struct arena *a, const struct route *const *tables, struct matcher **out,
                          struct tb_err *e)
{
    struct matcher *m = ARENA_NEW(a, struct matcher);
    size_t n = 0;

    for (size_t t = 0; tables && tables[t]; t++)
        for (const struct route *r = tables[t]; r->path; r++)
            n++;
    m->rows = ARENA_ARRAY(a, const struct route *, n + 1);
    for (size_t t = 0; tables && tables[t]; t++)
        for (const struct route *r = tables[t]; r->path; r++)
            if (add_row(m, r, e))
                return e->code;
    *out = m;
    return TB_OK;
}

static void allow_add(struct match *out, enum method m)
{
    size_t n = strlen(out->allow);

    if (strstr(out->allow, method_name(m)))
        return;
    snprintf(out->allow + n, sizeof(out->allow) - n, "%s%s", n ? ", " : "",
             m == GET ? "GET, HEAD" : method_name(m));
}

void matcher_find(const struct matcher *m, enum method method, struct str path, struct match *out)
{
    struct match try = { 0 };

    *out = (struct match){ 0 };
    for (size_t i = 0; i < m->n; i++) {
        if (!fits(m->rows[i], path, &try))
            continue;
        out->path_known = true;
        allow_add(out, m->rows[i]->method);
        if (m->rows[i]->method == method && !out->route) {
            out->route = m->rows[i];
            out->n = try.n;
            memcpy(out->params, try.params, sizeof(try.params));
        }
    }
}
