#include "base/date.h"
#include "base/json.h"
#include "base/log.h"
#include "store/audit.h"
#include "store/books_int.h"
#include "store/setting.h"

#include <string.h>

enum { SWEEP_ROWS = 200 };
static const int64_t hour_ms = 3600000, zone_ms = 8 * 3600000LL, day_ms = 86400000;

enum tb_code books_last(struct db *d, uint64_t *out, struct tb_err *e)
{
    int64_t v;

    *out = 0;
    if (db_ask_int(d, SQL("SELECT value FROM counter WHERE name = 'model_call'"), NO_ARGS, &v, NULL,
                   e))
        return e->code;
    *out = (uint64_t)v;
    return TB_OK;
}

static enum tb_code last_write(struct db *d, uint64_t seq, struct tb_err *e)
{
    return db_run(d,
                  SQL("INSERT INTO counter(name, value) VALUES('model_call', :seq) "
                      "ON CONFLICT(name) DO UPDATE SET value = excluded.value"),
                  ARGS(db_int("seq", (int64_t)seq)), e);
}

/* -- the trail -- */

static void add_text(struct buf *b, const char *key, struct str v)
{
    buf_addz(b, key);
    buf_add(b, v);
}

static void add_number(struct buf *b, const char *key, int64_t v)
{
    buf_addz(b, key);
    buf_add_i64(b, v);
}

/* Thousands of rows a second: what is nothing is left out. */
static void add_some(struct buf *b, const char *key, int64_t v)
{
    if (v)
        add_number(b, key, v);
}

static void detail_add(struct buf *out, const struct call_record *r)
{
    add_text(out, "model=", r->model);
    add_text(out, " engine=", r->engine);
    add_text(out, " priority=", str_z(priority_name(r->priority)));
    add_number(out, " status=", r->status);
    add_number(out, " prompt=", r->usage.prompt);
    add_some(out, " cached=", r->usage.cached);
    add_number(out, " answer=", r->usage.answer);
    add_some(out, " reasoning=", r->usage.reasoning);
    add_some(out, " estimated=", r->usage.estimated);
    add_some(out, " cost=", r->cost);
    add_text(out, " keeping=", str_z(keeping_name(r->keeping)));
    add_text(out, " digest=", str_z(r->digest));
    add_some(out, " from_cache=", r->from_cache);
    add_some(out, " masked=", r->masked);
    if (r->blocked_kind.n)
        add_text(out, r->blocked ? " blocked=" : " marked=", r->blocked_kind);
}

static struct str actor_of(struct arena *a, const struct call_record *r)
{
    struct str name = r->key_id ? r->key_name : STR("-");
    char *p = arena_alloc(a, 4 + name.n);

    memcpy(p, "key:", 4);
    memcpy(p + 4, name.n ? name.p : "", name.n);
    return str_of(p, 4 + name.n);
}

static struct audit_entry entry_of(struct arena *a, const struct call_record *r, struct str detail)
{
    return (struct audit_entry){
        .at = r->at,
        .actor = actor_of(a, r),
        .role = STR("application"),
        .address = r->address,
        .verb = r->verb,
        .object = r->request_id,
        .outcome = str_z(tb_code_name(r->outcome)),
        .request_id = r->request_id,
        .detail = detail,
    };
}

static enum tb_code trail_write(struct db *d, struct arena *a, const struct call_record *r,
                                size_t n, struct tb_err *e)
{
    struct audit_entry *x = arena_alloc(a, n * sizeof(*x));
    size_t *ends = arena_alloc(a, n * sizeof(*ends));
    struct buf details = BUF_INIT(SIZE_MAX / 2);
    enum tb_code c;

    for (size_t i = 0; i < n; i++) {
        detail_add(&details, &r[i]);
        ends[i] = details.n;
    }
    for (size_t i = 0; i < n; i++) {
        size_t from = i ? ends[i - 1] : 0;

        x[i] = entry_of(a, &r[i], str_sub(buf_str(&details), from, ends[i] - from));
    }
    c = audit_add_all(d, x, n, e);
    buf_release(&details);
    return c;
}

/* -- use: many calls of one kind in one row -- */

struct use {
    const struct call_record *of;
    int64_t day, hour, requests, errors, estimated, cost;
    struct call_usage sum;
};

static struct use use_of(const struct call_record *r)
{
    return (struct use){ .of = r,
                         .day = day_from_ms(r->at),
                         .hour = (r->at + zone_ms) / hour_ms % 24,
                         .requests = 1,
                         .errors = r->outcome != TB_OK,
                         .estimated = r->usage.estimated,
                         .cost = r->cost,
                         .sum = r->usage };
}

static bool same_kind(const struct use *a, const struct use *b)
{
    return a->day == b->day && a->hour == b->hour && a->of->key_id == b->of->key_id &&
           str_eq(a->of->department, b->of->department) && str_eq(a->of->model, b->of->model) &&
           str_eq(a->of->engine, b->of->engine);
}

static size_t kind_hash(const struct use *u)
{
    uint64_t h = (uint64_t)u->of->key_id * 31 + (uint64_t)u->hour;

    return (size_t)((h * 31 + str_hash(u->of->model)) * 31 + str_hash(u->of->engine));
}

static void use_add(struct use *to, const struct use *u)
{
    to->requests += u->requests;
    to->errors += u->errors;
    to->estimated += u->estimated;
    to->cost += u->cost;
    to->sum.prompt += u->sum.prompt;
    to->sum.cached += u->sum.cached;
    to->sum.answer += u->sum.answer;
    to->sum.reasoning += u->sum.reasoning;
}

static enum tb_code use_upsert(struct db *d, const struct use *u, struct tb_err *e)
{
    return db_run(
        d,
        SQL("INSERT INTO model_use(day, hour, key_id, department_id, model, engine, requests, "
            "errors, estimated, prompt, cached, answer, reasoning, cost) VALUES(:day, :hour, :key, "
            ":department, :model, :engine, :requests, :errors, :estimated, :prompt, :cached, "
            ":answer, :reasoning, :cost) "
            "ON CONFLICT(day, hour, key_id, department_id, model, engine) DO UPDATE SET "
            "requests = model_use.requests + excluded.requests, "
            "errors = model_use.errors + excluded.errors, "
            "estimated = model_use.estimated + excluded.estimated, "
            "prompt = model_use.prompt + excluded.prompt, "
            "cached = model_use.cached + excluded.cached, "
            "answer = model_use.answer + excluded.answer, "
            "reasoning = model_use.reasoning + excluded.reasoning, "
            "cost = model_use.cost + excluded.cost"),
        ARGS(db_int("day", u->day), db_int("hour", u->hour), db_int("key", u->of->key_id),
             db_text("department", u->of->department), db_text("model", u->of->model),
             db_text("engine", u->of->engine), db_int("requests", u->requests),
             db_int("errors", u->errors), db_int("estimated", u->estimated),
             db_int("prompt", u->sum.prompt), db_int("cached", u->sum.cached),
             db_int("answer", u->sum.answer), db_int("reasoning", u->sum.reasoning),
             db_int("cost", u->cost)),
        e);
}

/* Where u's kind stands among those seen so far; open addressing, cap a power of two. */
static struct use **kind_slot(struct use **slots, size_t cap, const struct use *u)
{
    size_t i = kind_hash(u) & (cap - 1);

    while (slots[i] && !same_kind(slots[i], u))
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static enum tb_code use_write(struct db *d, struct arena *a, const struct call_record *r, size_t n,
                              struct tb_err *e)
{
    struct use *kinds = arena_alloc(a, n * sizeof(*kinds)), *last = NULL, **slots;
    size_t cap = 16, kind_n = 0;

    while (cap < 2 * n)
        cap *= 2;
    slots = arena_zalloc(a, cap * sizeof(*slots));
    for (size_t i = 0; i < n; i++) {
        struct use u = use_of(&r[i]), **at = &last;

        if (!last || !same_kind(last, &u)) /* mostly one after another of one kind */
            at = kind_slot(slots, cap, &u);
        if (*at) {
            last = *at;
            use_add(last, &u);
        } else {
            kinds[kind_n] = u;
            *at = last = &kinds[kind_n++];
        }
    }
    for (size_t i = 0; i < kind_n; i++)
        if (use_upsert(d, &kinds[i], e))
            return e->code;
    return TB_OK;
}

/* -- the calls -- */

/* JSON made by hand: thousands a second, nothing in it needs an escape but the kind, and what is
 * nothing is left out (readers take it as 0). */
static struct str figures_of(struct buf *out, const struct call_record *r)
{
    struct json kind = JSON_INIT(out);

    buf_reset(out);
    add_text(out, "{\"priority\":\"", str_z(priority_name(r->priority)));
    add_number(out, "\",\"total_us\":", r->total_us);
    add_some(out, ",\"stream\":", r->stream);
    add_some(out, ",\"from_cache\":", r->from_cache);
    add_some(out, ",\"tries\":", r->tries);
    add_some(out, ",\"prompt_tokens\":", r->usage.prompt);
    add_some(out, ",\"cached_tokens\":", r->usage.cached);
    add_some(out, ",\"answer_tokens\":", r->usage.answer);
    add_some(out, ",\"reasoning_tokens\":", r->usage.reasoning);
    add_some(out, ",\"estimated\":", r->usage.estimated);
    add_some(out, ",\"cost\":", r->cost);
    add_some(out, ",\"wait_us\":", r->wait_us);
    add_some(out, ",\"first_us\":", r->first_us);
    add_some(out, ",\"overhead_us\":", r->overhead_us);
    add_some(out, ",\"masked\":", r->masked);
    if (r->blocked) {
        buf_addz(out, ",\"blocked\":");
        json_str(&kind, r->blocked_kind);
    }
    buf_addc(out, '}');
    return buf_str(out);
}

static struct db_arg content(struct str s)
{
    return s.n ? db_blob(NULL, s) : db_null(NULL);
}

struct calls_given {
    struct buf figures;
    const struct books_node *at;
    const struct call_record *r;
};

static void call_give(void *self, size_t i, struct db_arg *v)
{
    struct calls_given *g = self;
    const struct call_record *r = &g->r[i];

    v[0] = db_int(NULL, (int64_t)g->at->seq);
    v[1] = db_text(NULL, r->request_id);
    v[2] = db_text(NULL, r->trace_id);
    v[3] = db_int(NULL, r->at);
    v[4] = db_int(NULL, r->key_id);
    v[5] = db_text(NULL, r->department);
    v[6] = db_text(NULL, r->verb);
    v[7] = db_text(NULL, r->asked);
    v[8] = db_text(NULL, r->model);
    v[9] = db_text(NULL, r->engine);
    v[10] = db_known(NULL, str_z(tb_code_name(r->outcome)));
    v[11] = db_int(NULL, r->status);
    v[12] = db_text(NULL, figures_of(&g->figures, r));
    v[13] = db_known(NULL, str_z(keeping_name(r->keeping)));
    v[14] = db_text(NULL, str_z(r->digest));
    v[15] = db_int(NULL, r->prompt.n || r->answer.n);
    v[16] = content(r->prompt);
    v[17] = content(r->answer);
    g->at = g->at->next;
}

static enum tb_code calls_write(struct db *d, const struct books_node *x,
                                const struct call_record *r, size_t n, struct tb_err *e)
{
    struct calls_given given = { BUF_INIT(4096), x, r };
    struct db_source rows = { n, 18, call_give, &given };
    enum tb_code c = db_run_rows(d,
                                 SQL("INSERT INTO model_call(id, request_id, trace_id, at, key_id, "
                                     "department_id, verb, asked, model, engine, outcome, status, "
                                     "figures, keeping, digest, kept, prompt, answer)"),
                                 &rows, e);

    buf_release(&given.figures);
    return c;
}

static enum tb_code all_write(struct db *d, struct arena *a, const struct books_node *x, size_t n,
                              struct tb_err *e)
{
    struct call_record *r = arena_alloc(a, n * sizeof(*r));
    const struct books_node *at = x;
    uint64_t last = 0;

    for (size_t i = 0; i < n; i++, at = at->next) {
        books_node_view(at, &r[i]);
        last = at->seq;
    }
    if (calls_write(d, x, r, n, e) || trail_write(d, a, r, n, e) || use_write(d, a, r, n, e) ||
        last_write(d, last, e))
        return e->code;
    return TB_OK;
}

static enum tb_code new_write(struct db *d, const struct books_node *x, size_t n, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    uint64_t last;
    enum tb_code c = books_last(d, &last, e);

    for (; n && !c && x->seq <= last; n--)
        x = x->next;
    if (n && !c)
        c = all_write(d, &a, x, n, e);
    arena_release(&a);
    return c;
}

enum tb_code books_write(struct db *d, const struct books_node *first, size_t n, struct tb_err *e)
{
    if (db_begin(d, e))
        return e->code;
    return db_end(d, new_write(d, first, n, e), e);
}

/* -- what is too old to be kept -- */

enum tb_code books_keep_days(struct db *d, int64_t *out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str value;
    enum tb_code c = setting_read(d, &a, "books.keep_days", &value, e);

    *out = BOOKS_KEEP_DAYS;
    if (!c && value.n && (!str_i64(value, out) || *out < 0)) {
        log_line(LOG_WARN, "books_sweep", "setting books.keep_days is no number of days");
        *out = BOOKS_KEEP_DAYS;
    }
    arena_release(&a);
    return c;
}

static enum tb_code set_witnessed(struct talk *t, struct str days, struct tb_err *e)
{
    if (setting_write(t->db, "books.keep_days", days, e))
        return e->code;
    return audit_witness(t, "books.keep", STR("books.keep_days"),
                         arena_printf(&t->mem, "days=%.*s", STR_FMT(days)), e);
}

enum tb_code books_keep_days_set(struct talk *t, int64_t days, struct tb_err *e)
{
    if (days < 0 || days > BOOKS_KEEP_DAYS_MAX)
        return tb_fail(e, TB_INVALID, "调用内容的保留天数应为 0 到 3650", "days=%lld",
                       (long long)days);
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, set_witnessed(t, arena_printf(&t->mem, "%lld", (long long)days), e), e);
}

enum tb_code books_sweep(struct db *d, const struct world *w, bool *more, struct tb_err *e)
{
    int64_t days;

    *more = false;
    if (books_keep_days(d, &days, e) ||
        db_run(d,
               SQL("UPDATE model_call SET prompt = NULL, answer = NULL, kept = 0 WHERE id IN "
                   "(SELECT id FROM model_call WHERE kept = 1 AND at < :before ORDER BY at "
                   "LIMIT :most)"),
               ARGS(db_int("before", world_now_ms(w) - days * day_ms), db_int("most", SWEEP_ROWS)),
               e))
        return e->code;
    *more = db_changed(d) == SWEEP_ROWS;
    return TB_OK;
}
