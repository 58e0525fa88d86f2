#include "store/db_given.h"

#include "base/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct given_text {
    struct given_text *next;
    const char *beginning;
    char whole[];
};
struct table {
    sqlite3_vtab base;
    struct given *g;
};

enum tb_code given_text_ok(const struct db_arg *v, struct tb_err *e)
{
    if (!v->known && !utf8_printable(v->s) && (!utf8_valid(v->s) || memchr(v->s.p, 0, v->s.n)))
        return tb_fail(e, TB_INVALID, "文字里有无法保存的字符，请检查后再试",
                       "parameter=%s bytes=%zu", v->name ? v->name : "", v->s.n);
    return TB_OK;
}

static struct given *given_of(const sqlite3_vtab_cursor *c)
{
    return ((struct table *)c->pVtab)->g;
}

static int fill(struct given *g)
{
    if (g->at >= g->rows->n)
        return SQLITE_OK;
    g->rows->fill(g->rows->self, g->at, g->v);
    for (size_t i = 0; i < g->rows->columns && !g->failed; i++)
        if (g->v[i].kind == DB_TEXT)
            g->failed = given_text_ok(&g->v[i], g->e);
    return g->failed ? SQLITE_ERROR : SQLITE_OK;
}

static int on_connect(sqlite3 *h, void *self, int argc, const char *const *argv, sqlite3_vtab **out,
                      char **why)
{
    struct table *t = tb_zalloc(sizeof(*t));

    (void)argc;
    (void)argv;
    (void)why;
    t->g = self;
    *out = &t->base;
    return sqlite3_declare_vtab(h, "CREATE TABLE given(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, "
                                   "c10, c11, c12, c13, c14, c15, c16, c17, c18, c19)");
}

static int on_disconnect(sqlite3_vtab *t)
{
    tb_free(t);
    return SQLITE_OK;
}

static int on_plan(sqlite3_vtab *t, sqlite3_index_info *info)
{
    (void)t;
    info->estimatedCost = 1000;
    return SQLITE_OK;
}

static int on_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
    (void)t;
    *out = tb_zalloc(sizeof(**out));
    return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *c)
{
    tb_free(c);
    return SQLITE_OK;
}

static int on_filter(sqlite3_vtab_cursor *c, int plan, const char *text, int n, sqlite3_value **v)
{
    (void)plan;
    (void)text;
    (void)n;
    (void)v;
    given_of(c)->at = 0;
    return fill(given_of(c));
}

static int on_next(sqlite3_vtab_cursor *c)
{
    given_of(c)->at++;
    return fill(given_of(c));
}

static int on_eof(sqlite3_vtab_cursor *c)
{
    return given_of(c)->at >= given_of(c)->rows->n;
}

static int on_column(sqlite3_vtab_cursor *c, sqlite3_context *x, int i)
{
    const struct db_arg *v = &given_of(c)->v[i];
    const char *p = v->s.p ? v->s.p : "";

    switch (v->kind) {
    case DB_INT:
        sqlite3_result_int64(x, v->i);
        break;
    case DB_REAL:
        sqlite3_result_double(x, v->r);
        break;
    case DB_TEXT:
        sqlite3_result_text64(x, p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case DB_BLOB:
        sqlite3_result_blob64(x, p, v->s.n, SQLITE_STATIC);
        break;
    case DB_NULL:
        break; /* which it is already */
    }
    return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)given_of(c)->at;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = on_connect,
    .xBestIndex = on_plan,
    .xDisconnect = on_disconnect,
    .xOpen = on_open,
    .xClose = on_close,
    .xFilter = on_filter,
    .xNext = on_next,
    .xEof = on_eof,
    .xColumn = on_column,
    .xRowid = on_rowid,
};

static struct given_text *text_of(const char *beginning, size_t columns)
{
    static const char select[] = " SELECT ", from[] = " FROM given";
    size_t n = strlen(beginning), size = n + sizeof(select) + sizeof(from) + columns * 5, at;
    struct given_text *t = tb_alloc(sizeof(*t) + size);

    t->beginning = beginning;
    memcpy(t->whole, beginning, n + 1);
    at = n + (size_t)snprintf(t->whole + n, size - n, "%s", select);
    for (size_t i = 0; i < columns; i++)
        at += (size_t)snprintf(t->whole + at, size - at, "%sc%zu", i ? ", " : "", i);
    snprintf(t->whole + at, size - at, "%s", from);
    return t;
}

const char *given_statement(struct given *g, sqlite3 *h, const char *beginning, size_t columns)
{
    struct given_text *t = g->texts;

    assert(columns <= GIVEN_COLUMNS);
    while (t && t->beginning != beginning)
        t = t->next;
    if (!g->known && sqlite3_create_module(h, "given", &module, g) != SQLITE_OK)
        return NULL;
    g->known = true;
    if (!t) {
        t = text_of(beginning, columns);
        t->next = g->texts;
        g->texts = t;
    }
    return t->whole;
}

void given_release(struct given *g)
{
    while (g->texts) {
        struct given_text *t = g->texts;

        g->texts = t->next;
        tb_free(t);
    }
}
