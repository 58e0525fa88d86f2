#include "store/reseal.h"

#include "base/json.h"
#include "crypto/seal.h"
#include "store/setting.h"
#include "store/work_order.h"

#include <string.h>

struct one {
    int64_t id;
    struct str ref, value;
};

/* What the telephone is found again by was made by the old master too. */
static enum tb_code asker_key(struct db *d, const struct keyring *k, int64_t id, struct str plain,
                              struct tb_err *e)
{
    struct services at = { .keys = k };
    struct talk t = { .at = &at };
    const struct json_value *v;
    struct str key;
    enum tb_code c = json_read(&t.mem, plain, &v, e);

    if (!c) {
        work_order_asker_key(&t, 0, json_get_str(v, "phone"), &key);
        c = db_run(d, SQL("UPDATE work_order SET asker_key = :key WHERE id = :id"),
                   ARGS(db_text("key", key), db_int("id", id)), e);
    }
    arena_release(&t.mem);
    return c;
}

/* next: id, what the place ends with, the value; put only if nobody changed it meanwhile; also:
 * what else was made of the value by the master. */
static const struct column {
    const char *name;
    struct sql count, next, put;
    enum tb_code (*also)(struct db *d, const struct keyring *k, int64_t id, struct str plain,
                         struct tb_err *e);
} columns[] = {
    { "exchange.personal",
      { "SELECT count(*) FROM exchange WHERE personal IS NOT NULL" },
      { "SELECT id, receipt, personal FROM exchange WHERE personal IS NOT NULL AND id > :after "
        "ORDER BY id LIMIT :most" },
      { "UPDATE exchange SET personal = :now WHERE id = :id AND personal = :was" },
      NULL },
    { "handoff.contact",
      { "SELECT count(*) FROM handoff WHERE contact IS NOT NULL" },
      { "SELECT id, receipt, contact FROM handoff WHERE contact IS NOT NULL AND id > :after "
        "ORDER BY id LIMIT :most" },
      { "UPDATE handoff SET contact = :now WHERE id = :id AND contact = :was" },
      NULL },
    { "work_order.asker",
      { "SELECT count(*) FROM work_order WHERE asker IS NOT NULL" },
      { "SELECT id, receipt, asker FROM work_order WHERE asker IS NOT NULL AND id > :after "
        "ORDER BY id LIMIT :most" },
      { "UPDATE work_order SET asker = :now WHERE id = :id AND asker = :was" },
      asker_key },
    { "work_order.personal",
      { "SELECT count(*) FROM work_order WHERE personal IS NOT NULL" },
      { "SELECT id, receipt, personal FROM work_order WHERE personal IS NOT NULL AND id > :after "
        "ORDER BY id LIMIT :most" },
      { "UPDATE work_order SET personal = :now WHERE id = :id AND personal = :was" },
      NULL },
    { "model_call.prompt",
      { "SELECT count(*) FROM model_call WHERE kept = 1 AND keeping = 'full'" },
      { "SELECT id, request_id, prompt FROM model_call WHERE kept = 1 AND keeping = 'full' AND "
        "id > :after ORDER BY id LIMIT :most" },
      { "UPDATE model_call SET prompt = :now WHERE id = :id AND prompt = :was" },
      NULL },
    { "model_call.answer",
      { "SELECT count(*) FROM model_call WHERE kept = 1 AND keeping = 'full'" },
      { "SELECT id, request_id, answer FROM model_call WHERE kept = 1 AND keeping = 'full' AND "
        "id > :after ORDER BY id LIMIT :most" },
      { "UPDATE model_call SET answer = :now WHERE id = :id AND answer = :was" },
      NULL },
    { "staff_totp.secret",
      { "SELECT count(*) FROM staff_totp" },
      { "SELECT staff_id, staff_id, secret FROM staff_totp WHERE staff_id > :after "
        "ORDER BY staff_id LIMIT :most" },
      { "UPDATE staff_totp SET secret = :now WHERE staff_id = :id AND secret = :was" },
      NULL },
    { "personal_request.subject",
      { "SELECT count(*) FROM personal_request WHERE subject IS NOT NULL" },
      { "SELECT id, receipt, subject FROM personal_request WHERE subject IS NOT NULL AND "
        "id > :after ORDER BY id LIMIT :most" },
      { "UPDATE personal_request SET subject = :now WHERE id = :id AND subject = :was" },
      NULL },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };
static const char state_name[] = "keys.reseal", done_name[] = "keys.resealed";

const char *reseal_column(size_t i)
{
    return i < COLUMNS ? columns[i].name : NULL;
}

struct state { /* as it is kept */
    char mark[KEYRING_MARK];
    int64_t column, after, found; /* found: sealed again in this walk */
    struct reseal r;
};

static enum tb_code count(struct db *d, int64_t *total, struct tb_err *e)
{
    *total = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        int64_t n;

        if (db_ask_int(d, columns[i].count, NO_ARGS, &n, NULL, e))
            return e->code;
        *total += n;
    }
    return TB_OK;
}

static enum tb_code walk_begin(struct db *d, struct state *s, struct tb_err *e)
{
    s->column = s->after = s->found = s->r.looked = s->r.lost = 0;
    return count(d, &s->r.total, e);
}

/* Another rotation in between begins again: its mark is another. */
static enum tb_code state_read(struct db *d, struct arena *a, const char *mark, struct state *s,
                               struct tb_err *e)
{
    const struct json_value *v = NULL;
    struct str text;

    *s = (struct state){ 0 };
    memcpy(s->mark, mark, KEYRING_MARK);
    if (setting_read(d, a, state_name, &text, e))
        return e->code;
    if (text.n && json_read(a, text, &v, e))
        return e->code;
    if (!v || !str_eqz(json_get_str(v, "mark"), mark))
        return walk_begin(d, s, e);
    s->column = json_get_int(v, "column", 0);
    s->after = json_get_int(v, "after", 0);
    s->found = json_get_int(v, "found", 0);
    s->r = (struct reseal){ json_get_int(v, "looked", 0), json_get_int(v, "total", 0),
                            json_get_int(v, "sealed", 0), json_get_int(v, "lost", 0), false };
    return TB_OK;
}

static enum tb_code state_write(struct db *d, const struct state *s, struct tb_err *e)
{
    struct buf b = BUF_INIT(1024);
    struct json j = JSON_INIT(&b);
    enum tb_code c;

    json_obj(&j);
    json_kstr(&j, "mark", str_z(s->mark));
    json_kint(&j, "column", s->column);
    json_kint(&j, "after", s->after);
    json_kint(&j, "found", s->found);
    json_kint(&j, "looked", s->r.looked);
    json_kint(&j, "total", s->r.total);
    json_kint(&j, "sealed", s->r.sealed);
    json_kint(&j, "lost", s->r.lost);
    json_end(&j);
    c = setting_write(d, state_name, buf_str(&b), e);
    if (!c && s->r.over)
        c = setting_write(d, done_name, str_z(s->mark), e);
    buf_release(&b);
    return c;
}

static enum tb_code done_mark(struct db *d, struct arena *a, const char *mark, bool *done,
                              struct tb_err *e)
{
    struct str was;

    if (setting_read(d, a, done_name, &was, e))
        return e->code;
    *done = str_eqz(was, mark);
    return TB_OK;
}

enum tb_code reseal_due(struct db *d, const struct keyring *k, bool *due, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char newest[KEYRING_MARK] = "", older[KEYRING_MARK];
    bool done = true;
    enum tb_code c = TB_OK;

    keyring_mark(k, 0, newest);
    if (keyring_mark(k, 1, older))
        c = done_mark(d, &a, newest, &done, e);
    *due = !done;
    arena_release(&a);
    return c;
}

static enum tb_code one_renew(struct db *d, const struct column *x, const struct one *o,
                              const struct keyring *k, const struct world *w, struct state *s,
                              struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct tb_err why = TB_ERR_INIT;
    struct str place = arena_printf(&a, "%s/%.*s", x->name, STR_FMT(o->ref)), now, plain;
    bool changed = false;
    enum tb_code c = TB_OK;

    if (seal_renew(k, w, &a, place, o->value, &now, &changed, &why))
        s->r.lost++;
    if (changed)
        c = db_run(d, x->put,
                   ARGS(db_blob("now", now), db_int("id", o->id), db_blob("was", o->value)), e);
    if (changed && !c && x->also && !seal_open(k, &a, place, now, &plain, &why))
        c = x->also(d, k, o->id, plain, e);
    if (changed && !c) {
        s->r.sealed++;
        s->found++;
    }
    arena_release(&a);
    return c;
}

static enum tb_code rows_take(struct db *d, struct arena *a, const struct state *s, int64_t most,
                              struct one *out, size_t *n, struct tb_err *e)
{
    struct rows *r;
    bool more;

    *n = 0;
    if (db_ask(d, a, columns[s->column].next, ARGS(db_int("after", s->after), db_int("most", most)),
               &r, e))
        return e->code;
    while (!rows_next(r, &more, e)) {
        if (!more)
            return TB_OK;
        out[(*n)++] = (struct one){ rows_int(r, 0), rows_str(r, 1), rows_str(r, 2) };
    }
    return e->code;
}

static enum tb_code column_over(struct db *d, struct state *s, struct tb_err *e)
{
    s->after = 0;
    if (++s->column < COLUMNS)
        return TB_OK;
    if (s->found)
        return walk_begin(d, s, e);
    s->r.over = true;
    return TB_OK;
}

static enum tb_code step(struct db *d, struct arena *a, const struct keyring *k,
                         const struct world *w, int64_t most, struct state *s, struct tb_err *e)
{
    struct one *rows = arena_alloc(a, (size_t)most * sizeof(*rows));
    const struct column *x;
    size_t n;

    if (s->column < 0 || s->column >= COLUMNS)
        return walk_begin(d, s, e); /* an older program knew other columns */
    x = &columns[s->column];
    if (rows_take(d, a, s, most, rows, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].value.n && one_renew(d, x, &rows[i], k, w, s, e))
            return e->code;
        s->after = rows[i].id;
        s->r.looked++;
    }
    return (int64_t)n < most ? column_over(d, s, e) : TB_OK;
}

enum tb_code reseal_some(struct db *d, const struct keyring *k, const struct world *w, int64_t most,
                         struct reseal *out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char mark[KEYRING_MARK] = "";
    struct state s;
    bool done = false;
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    keyring_mark(k, 0, mark);
    c = done_mark(d, &a, mark, &done, e);
    if (!c)
        c = state_read(d, &a, mark, &s, e);
    if (!c && !done)
        c = step(d, &a, k, w, most, &s, e);
    if (!c && !done)
        c = state_write(d, &s, e);
    c = db_end(d, c, e);
    if (!c)
        *out = s.r;
    out->over = !c && (done || s.r.over);
    arena_release(&a);
    return c;
}
