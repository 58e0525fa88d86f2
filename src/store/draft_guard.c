/* Are the rules that hold 双岗制 still in the database, word for word as the migrations wrote them?
 */
#include "base/fs.h"
#include "base/share.h"
#include "domain/actor.h"
#include "store/draft.h"

struct guard {
    struct str name, text; /* from "CREATE TRIGGER" to "END"; "" once a later file dropped it */
};
struct guards {
    struct guard *v;
    size_t n, cap;
};

static const struct str create = { "CREATE TRIGGER ", 15 }, drop = { "DROP TRIGGER ", 13 },
                        end = { " END;", 5 };

static struct str word(struct str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\n' && s.p[n] != ';')
        n++;
    return str_sub(s, 0, n);
}

static void put(struct arena *a, struct guards *g, struct str name, struct str text)
{
    for (size_t i = 0; i < g->n; i++) {
        if (str_eq(g->v[i].name, name)) {
            g->v[i].text = text;
            return;
        }
    }
    g->v = arena_grow(a, g->v, g->n, &g->cap, sizeof(*g->v));
    g->v[g->n++] = (struct guard){ name, text };
}

static void read_file(struct arena *a, struct guards *g, struct str text)
{
    for (size_t at = 0; at < text.n;) {
        size_t c = str_find_from(text, create, at), d = str_find_from(text, drop, at);

        if (c == SIZE_MAX && d == SIZE_MAX)
            return;
        if (d < c) {
            put(a, g, word(str_from(text, d + drop.n)), STR(""));
            at = d + drop.n;
            continue;
        }
        at = str_find_from(text, end, c);
        if (at == SIZE_MAX)
            return;
        put(a, g, word(str_from(text, c + create.n)), str_sub(text, c, at + end.n - 1 - c));
        at += end.n;
    }
}

static enum tb_code read_wanted(struct arena *a, struct guards *g, struct tb_err *e)
{
    char *dir = fs_join(a, share_dir(a), "sql"), **names;
    size_t n;

    if (fs_list(a, dir, &names, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        struct str text;

        if (!str_ends(str_z(names[i]), STR(".sql")))
            continue;
        if (fs_read(a, fs_join(a, dir, names[i]), 4 << 20, &text, e))
            return e->code;
        read_file(a, g, text);
    }
    return TB_OK;
}

static enum tb_code broken(struct arena *a, struct str name, struct tb_err *e)
{
    return tb_fail_say(
        e, TB_CORRUPT,
        arena_printf(a,
                     "数据库里的双岗制规则被改动或删除（%.*s），不能启动；请从备份恢复（tongban "
                     "restore），并查明是谁动了数据库",
                     STR_FMT(name)),
        arena_printf(a, "guard=%.*s", STR_FMT(name)));
}

/* Empties what is found, so that what is left is missing. */
static enum tb_code cross_off(struct arena *a, struct db *d, struct guards *g, struct tb_err *e)
{
    struct rows *r;
    bool more = true;

    if (db_ask(d, a, SQL("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"), NO_ARGS, &r,
               e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        struct str name = rows_str(r, 0), text = rows_str(r, 1);
        bool same = false;

        for (size_t i = 0; i < g->n && !same; i++) {
            same = str_eq(g->v[i].name, name) && str_eq(g->v[i].text, text);
            if (same)
                g->v[i].text = STR("");
        }
        if (!same)
            return broken(a, name, e);
    }
    return e->code;
}

/* The tables that the triggers read hold what the program holds, and nothing more. */
static enum tb_code check_steps(struct arena *a, struct db *d, struct tb_err *e)
{
    struct rows *r;
    int want = 0, found = 0;
    bool more = true;

    for (enum draft_state x = DRAFT_DRAFTED; x < DRAFT_STATES; x++)
        for (enum draft_state y = DRAFT_DRAFTED; y < DRAFT_STATES; y++)
            want += draft_may(x, y);
    if (db_ask(d, a, SQL("SELECT before, after FROM draft_step"), NO_ARGS, &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        enum draft_state x, y;

        if (draft_state_parse(rows_str(r, 0), &x) && draft_state_parse(rows_str(r, 1), &y))
            found += draft_may(x, y) ? 1 : 1000;
    }
    if (e->code)
        return e->code;
    return found == want ? TB_OK : broken(a, STR("draft_step"), e);
}

static enum tb_code check_roles(struct arena *a, struct db *d, struct tb_err *e)
{
    struct rows *r;
    int want = 0, found = 0;
    bool more = true;

    for (enum role x = ROLE_CLERK; x < ROLE_SYSTEM; x++)
        want += (role_perms(x) & PERM_SIGN) != 0;
    if (db_ask(d, a, SQL("SELECT role FROM signing_role"), NO_ARGS, &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        enum role x;

        if (role_parse(rows_str(r, 0), &x))
            found += (role_perms(x) & PERM_SIGN) != 0 ? 1 : 1000;
    }
    if (e->code)
        return e->code;
    return found == want ? TB_OK : broken(a, STR("signing_role"), e);
}

enum tb_code draft_guards_stand(struct db *d, struct arena *a, struct tb_err *e)
{
    struct guards g = { NULL, 0, 0 };

    if (read_wanted(a, &g, e) || cross_off(a, d, &g, e))
        return e->code;
    for (size_t i = 0; i < g.n; i++)
        if (g.v[i].text.n)
            return broken(a, g.v[i].name, e);
    return check_steps(a, d, e) || check_roles(a, d, e) ? e->code : TB_OK;
}
