/* Carrying a request out: what personal.c found is erased or corrected where it is kept. */
#include "base/json.h"
#include "base/utf8.h"
#include "crypto/seal.h"
#include "guard/mask.h"
#include "scenario/access/personal_int.h"
#include "store/db.h"
#include "store/work_order.h"

static const struct str gone = { "〔已应本人请求删除〕", sizeof("〔已应本人请求删除〕") - 1 };

/* A digit of the number however it is written; 0: none. */
static char figure(uint32_t c)
{
    if (c >= 0xff10 && c <= 0xff19)
        c = '0' + (c - 0xff10);
    if (c >= '0' && c <= '9')
        return (char)c;
    return c == 'x' || c == 'X' ? 'X' : 0;
}

struct str personal_figures(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(1 << 20);
    size_t at = 0;

    while (at < s.n) {
        char c = figure(utf8_next(s, &at));

        if (c)
            buf_addc(&b, c);
    }
    return arena_buf(a, &b);
}

static bool between(uint32_t c) /* what people group digits by */
{
    return c == ' ' || c == '-' || c == 0x3000 || c == 0xff0d || c == 0x2013 || c == '\n';
}

/* The end of the number that begins at `from`; 0: it does not begin there. */
static size_t number_at(struct str text, size_t from, struct str figures)
{
    size_t at = from, end = 0;

    for (size_t i = 0; i < figures.n;) {
        uint32_t c;

        if (at >= text.n)
            return 0;
        c = utf8_next(text, &at);
        if (figure(c) == figures.p[i])
            i++, end = at;
        else if (i == 0 || !between(c))
            return 0;
    }
    return end;
}

struct str personal_replace(struct arena *a, struct str text, struct str was, struct str now)
{
    struct str figures = personal_figures(a, was);
    struct buf b = BUF_INIT(16 << 20);
    size_t at = 0;

    while (at < text.n) {
        size_t end = figures.n >= PERSONAL_FIGURES ? number_at(text, at, figures) : 0, from = at;

        if (!end && str_starts(str_from(text, at), was))
            end = at + was.n;
        if (end) {
            buf_add(&b, now);
            at = end;
            continue;
        }
        utf8_next(text, &at);
        buf_add(&b, str_sub(text, from, at - from));
    }
    return arena_buf(a, &b);
}

/* -- what staff wrote about it: the value alone is taken out or put right -- */

static const struct note {
    enum personal_table table;
    struct sql read, put;
} notes[] = {
    { PERSONAL_ORDER_STEP,
      { "SELECT reason FROM work_order_step WHERE id = :id" },
      { "UPDATE work_order_step SET reason = :text WHERE id = :id" } },
    { PERSONAL_CORRECTION,
      { "SELECT text FROM correction WHERE id = :id" },
      { "UPDATE correction SET text = :text WHERE id = :id" } },
    { PERSONAL_CHECK,
      { "SELECT note FROM spot_check WHERE id = :id" },
      { "UPDATE spot_check SET note = :text WHERE id = :id" } },
    { PERSONAL_EVENT,
      { "SELECT text FROM incident_event WHERE id = :id" },
      { "UPDATE incident_event SET text = :text WHERE id = :id" } },
};

static enum tb_code one_text(struct talk *t, struct sql sql, int64_t id, struct str *out,
                             struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = STR("");
    if (db_ask(t->db, &t->mem, sql, ARGS(db_int("id", id)), &r, e) || rows_next(r, &more, e))
        return e->code;
    if (more)
        *out = rows_str(r, 0);
    rows_close(r);
    return TB_OK;
}

static enum tb_code note_change(struct talk *t, const struct personal_found *x, struct str was,
                                struct str now, bool *changed, struct tb_err *e)
{
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        struct str text, fresh;

        if (notes[i].table != x->table || !was.n)
            continue;
        if (one_text(t, notes[i].read, x->id, &text, e))
            return e->code;
        fresh = personal_replace(&t->mem, text, was, now);
        *changed = !str_eq(text, fresh);
        return *changed ? db_run(t->db, notes[i].put,
                                 ARGS(db_text("text", fresh), db_int("id", x->id)), e)
                        : TB_OK;
    }
    return TB_OK;
}

/* -- erasing -- */

static enum tb_code erase_exchange(struct talk *t, int64_t id, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE exchange SET question = :gone, personal = NULL, reasoning = '', "
                   "feedback_reason = '' WHERE id = :id"),
               ARGS(db_int("id", id), db_text("gone", gone)), e))
        return e->code;
    return db_run(t->db,
                  SQL("UPDATE conversation SET device = '' WHERE id = (SELECT conversation_id "
                      "FROM exchange WHERE id = :id)"),
                  ARGS(db_int("id", id)), e);
}

/* The reply goes without a word in its place: another text would have to be signed (sql/0020). */
static enum tb_code erase_order(struct talk *t, int64_t id, struct tb_err *e)
{
    return db_run(t->db,
                  SQL("UPDATE work_order SET title = :gone, text = :gone, wanted = '', "
                      "happened = '', place = '', asker = NULL, asker_key = '', personal = NULL, "
                      "device = '', satisfaction_reason = '', reply = '' WHERE id = :id"),
                  ARGS(db_int("id", id), db_text("gone", gone)), e);
}

static enum tb_code erase_one(struct talk *t, const struct personal_found *x, struct str was,
                              bool *changed, struct tb_err *e)
{
    *changed = true;
    switch (x->table) {
    case PERSONAL_EXCHANGE:
        return erase_exchange(t, x->id, e);
    case PERSONAL_HANDOFF:
        return db_run(t->db,
                      SQL("UPDATE handoff SET question = :gone, contact = NULL, device = '', "
                          "reply = CASE reply WHEN '' THEN '' ELSE :gone END WHERE id = :id"),
                      ARGS(db_int("id", x->id), db_text("gone", gone)), e);
    case PERSONAL_ORDER:
        return erase_order(t, x->id, e);
    case PERSONAL_CALL:
        return db_run(t->db,
                      SQL("UPDATE model_call SET prompt = NULL, answer = NULL, kept = 0 "
                          "WHERE id = :id"),
                      ARGS(db_int("id", x->id)), e);
    default:
        *changed = false;
        return note_change(t, x, was, gone, changed, e);
    }
}

enum tb_code personal_erase(struct talk *t, const struct personal_found *all, size_t n,
                            struct str was, int64_t *done, struct tb_err *e)
{
    *done = 0;
    for (size_t i = 0; i < n; i++) {
        bool changed;

        if (!all[i].may_erase)
            continue;
        if (erase_one(t, &all[i], was, &changed, e))
            return e->code;
        *done += changed;
    }
    return TB_OK;
}

/* -- correcting -- */

/* A sealed value of a row: how it is read and put back. */
struct kept {
    const char *place;
    struct sql read, put;
};

static enum tb_code kept_read(struct talk *t, const struct kept *k, const struct personal_found *x,
                              struct str *plain, struct tb_err *e)
{
    struct str at = arena_printf(&t->mem, "%s/%.*s", k->place, STR_FMT(x->ref)), sealed;

    *plain = STR("");
    if (one_text(t, k->read, x->id, &sealed, e))
        return e->code;
    return sealed.n ? seal_open(t->at->keys, &t->mem, at, sealed, plain, e) : TB_OK;
}

static enum tb_code kept_put(struct talk *t, const struct kept *k, const struct personal_found *x,
                             struct str plain, struct tb_err *e)
{
    struct str at = arena_printf(&t->mem, "%s/%.*s", k->place, STR_FMT(x->ref));

    return db_run(t->db, k->put,
                  ARGS(db_blob("sealed", seal_make(t->at->keys, t->world, &t->mem, at, plain)),
                       db_int("id", x->id)),
                  e);
}

/* The value behind a token: what the person wrote as their own is put right, the masked text stays.
 */
static enum tb_code correct_tokens(struct talk *t, const struct kept *k,
                                   const struct personal_found *x, struct str was, struct str now,
                                   bool *changed, struct tb_err *e)
{
    struct str plain, figures = personal_figures(&t->mem, was);
    bool any = false;
    struct mask m;

    if (kept_read(t, k, x, &plain, e))
        return e->code;
    if (!plain.n)
        return TB_OK;
    if (mask_from_json(&t->mem, plain, &m, e))
        return e->code;
    for (size_t i = 0; i < m.n; i++) {
        if (!str_eq(m.items[i].value, was) &&
            (figures.n < PERSONAL_FIGURES ||
             !str_eq(personal_figures(&t->mem, m.items[i].value), figures)))
            continue;
        m.items[i].value = now;
        any = true;
    }
    if (!any)
        return TB_OK;
    *changed = true;
    return kept_put(t, k, x, mask_to_json(&t->mem, &m), e);
}

static enum tb_code correct_plain(struct talk *t, const struct kept *k,
                                  const struct personal_found *x, struct str was, struct str now,
                                  bool *changed, struct tb_err *e)
{
    struct str plain, fresh;

    if (kept_read(t, k, x, &plain, e))
        return e->code;
    fresh = personal_replace(&t->mem, plain, was, now);
    if (str_eq(plain, fresh))
        return TB_OK;
    *changed = true;
    return kept_put(t, k, x, fresh, e);
}

static const struct kept
    exchange_kept = { "exchange.personal",
                      { "SELECT personal FROM exchange WHERE id = :id" },
                      { "UPDATE exchange SET personal = :sealed WHERE id = :id" } },
    handoff_kept = { "handoff.contact",
                     { "SELECT contact FROM handoff WHERE id = :id" },
                     { "UPDATE handoff SET contact = :sealed WHERE id = :id" } },
    order_kept = { "work_order.personal",
                   { "SELECT personal FROM work_order WHERE id = :id" },
                   { "UPDATE work_order SET personal = :sealed WHERE id = :id" } },
    asker_kept = { "work_order.asker",
                   { "SELECT asker FROM work_order WHERE id = :id" },
                   { "UPDATE work_order SET asker = :sealed WHERE id = :id" } };

/* Who asked is found by a digest of the telephone: it changes with the number. */
static enum tb_code correct_asker(struct talk *t, const struct personal_found *x, struct str was,
                                  struct str now, bool *changed, struct tb_err *e)
{
    const struct json_value *v;
    struct str plain, key;
    bool mine = false;

    if (correct_plain(t, &asker_kept, x, was, now, &mine, e))
        return e->code;
    if (!mine)
        return TB_OK;
    *changed = true;
    if (kept_read(t, &asker_kept, x, &plain, e) || json_read(&t->mem, plain, &v, e))
        return e->code;
    work_order_asker_key(t, 0, json_get_str(v, "phone"), &key);
    return db_run(t->db, SQL("UPDATE work_order SET asker_key = :key WHERE id = :id"),
                  ARGS(db_text("key", key), db_int("id", x->id)), e);
}

static enum tb_code correct_one(struct talk *t, const struct personal_found *x, struct str was,
                                struct str now, bool *changed, struct tb_err *e)
{
    switch (x->table) {
    case PERSONAL_EXCHANGE:
        return correct_tokens(t, &exchange_kept, x, was, now, changed, e);
    case PERSONAL_HANDOFF:
        return correct_plain(t, &handoff_kept, x, was, now, changed, e);
    case PERSONAL_ORDER:
        if (correct_tokens(t, &order_kept, x, was, now, changed, e))
            return e->code;
        return correct_asker(t, x, was, now, changed, e);
    default:
        return note_change(t, x, was, now, changed, e);
    }
}

enum tb_code personal_correct(struct talk *t, const struct personal_found *all, size_t n,
                              struct str was, struct str now, int64_t *done, struct tb_err *e)
{
    *done = 0;
    for (size_t i = 0; i < n; i++) {
        bool changed = false;

        if (correct_one(t, &all[i], was, now, &changed, e))
            return e->code;
        *done += changed;
    }
    return TB_OK;
}
