#include "scenario/employee/alerts.h"

#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "crypto/hex.h"
#include "crypto/sm3.h"
#include "model/pool.h"
#include "model/post.h"
#include "scenario/employee/mailing.h"
#include "store/incident.h"

enum { SUBJECTS = 4096, TELL_MS = 5000, STRETCHES = 24 };
static const int64_t minute_ms = 60 * 1000;

static struct str steps_json(struct arena *a, const struct words *steps)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < steps->n; i++) {
        json_obj(&j);
        json_kstr(&j, "text", steps->v[i]);
        json_kstr(&j, "done_by", STR(""));
        json_key(&j, "done_at");
        json_null(&j);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

static enum tb_code raise(struct talk *t, const struct alerts *rules, struct incident *x,
                          struct str text, bool *opened, struct tb_err *e)
{
    if (incident_open(t, x, text, opened, e))
        return e->code;
    if (*opened && rules->webhook[0] && notice_add(t, x->id, "webhook", str_z(rules->webhook), e))
        return e->code;
    return *opened ? mailing_wanted(t, x, e) : TB_OK;
}

struct looking {
    struct talk *t;
    const struct alerts *rules;
    struct alert_memory *memory;
    int64_t now, opened;
};

static enum tb_code fire(struct looking *w, const struct alert *r, struct str subject,
                         struct str text, struct tb_err *e)
{
    struct incident x = { .rule = r->id,
                          .subject = subject,
                          .title = r->title,
                          .severity = r->severity,
                          .owner_role = r->owner,
                          .steps = steps_json(&w->t->mem, &r->steps) };
    bool opened;

    if (raise(w->t, w->rules, &x, text, &opened, e))
        return e->code;
    w->opened += opened;
    return TB_OK;
}

/* -- the trail -- */

static bool has(const struct words *w, struct str s)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->v[i], s))
            return true;
    return w->n == 0;
}

struct subject {
    struct str name;
    int64_t n;
};

static void count(struct subject *all, size_t *n, struct str name, int64_t more)
{
    size_t i = 0;

    while (i < *n && !str_eq(all[i].name, name))
        i++;
    if (i == SUBJECTS)
        return;
    if (i == *n)
        all[(*n)++] = (struct subject){ name, 0 };
    all[i].n += more;
}

/* Calls of the gateway that went well: where none are counted, the index without them is enough. */
static bool counts_calls(const struct alert *r)
{
    bool calls = r->verbs.n == 0;

    for (size_t i = 0; i < r->verbs.n; i++)
        calls = calls || str_starts(r->verbs.v[i], STR("model."));
    return calls && has(&r->outcomes, STR("ok"));
}

static enum tb_code trail_rows(struct looking *w, const struct alert *r, struct rows **rows,
                               struct tb_err *e)
{
    struct db_arg since = db_int("since", w->now - r->minutes * minute_ms);

    if (counts_calls(r))
        return db_ask(w->t->db, &w->t->mem,
                      SQL("SELECT verb, outcome, actor, address, count(*) FROM audit "
                          "WHERE at >= :since GROUP BY verb, outcome, actor, address"),
                      ARGS(since), rows, e);
    return db_ask(w->t->db, &w->t->mem,
                  SQL("SELECT verb, outcome, actor, address, count(*) FROM audit "
                      "WHERE at >= :since AND (substr(verb, 1, 6) <> 'model.' OR outcome <> 'ok') "
                      "GROUP BY verb, outcome, actor, address"),
                  ARGS(since), rows, e);
}

static enum tb_code look_trail(struct looking *w, const struct alert *r, struct tb_err *e)
{
    struct subject *all = ARENA_ARRAY(&w->t->mem, struct subject, SUBJECTS);
    struct rows *rows;
    size_t n = 0;
    bool more;

    if (trail_rows(w, r, &rows, e))
        return e->code;
    for (;;) {
        if (rows_next(rows, &more, e))
            return e->code;
        if (!more)
            break;
        if (has(&r->verbs, rows_str(rows, 0)) && has(&r->outcomes, rows_str(rows, 1)))
            count(all, &n, rows_str(rows, r->by_address ? 3 : 2), rows_int(rows, 4));
    }
    for (size_t i = 0; i < n; i++)
        if ((double)all[i].n > r->more_than &&
            fire(w, r, all[i].name,
                 arena_printf(&w->t->mem, "%lld 分钟内 %lld 次，超过 %g 次", (long long)r->minutes,
                              (long long)all[i].n, r->more_than),
                 e))
            return e->code;
    return TB_OK;
}

/* -- questions -- */

static enum tb_code figures(struct looking *w, const struct alert *r, int64_t from, int64_t to,
                            int64_t *hits, int64_t *all, struct tb_err *e)
{
    struct rows *rows;
    bool more;

    if (db_ask(w->t->db, &w->t->mem,
               SQL("SELECT count(*), coalesce(sum(CASE "
                   "WHEN :m = 'masked' AND masked <> '[]' THEN 1 "
                   "WHEN :m = 'withheld' AND withheld > 0 THEN 1 "
                   "WHEN :m = 'not_useful' AND feedback < 0 THEN 1 "
                   "WHEN :m = outcome THEN 1 ELSE 0 END), 0), "
                   "coalesce(sum(CASE WHEN feedback <> 0 THEN 1 ELSE 0 END), 0) "
                   "FROM exchange WHERE created_at >= :from AND created_at < :to"),
               ARGS(db_text("m", r->measure), db_int("from", from), db_int("to", to)), &rows, e) ||
        rows_next(rows, &more, e))
        return e->code;
    *all = rows_int(rows, str_eqz(r->measure, "not_useful") ? 2 : 0);
    *hits = rows_int(rows, 1);
    rows_close(rows);
    return TB_OK;
}

static enum tb_code look_questions(struct looking *w, const struct alert *r, struct tb_err *e)
{
    int64_t span = r->minutes * minute_ms, begin = w->now - span, hits, all, old, ignored;
    double is;

    if (figures(w, r, begin, w->now + 1, &hits, &all, e) ||
        (r->times > 0 && figures(w, r, begin - STRETCHES * span, begin, &old, &ignored, e)))
        return e->code;
    is = r->share ? (all ? (double)hits / (double)all : 0) : (double)hits;
    if (all < r->at_least || is <= r->more_than ||
        (r->times > 0 && (double)hits <= r->times * (double)old / STRETCHES))
        return TB_OK;
    return fire(w, r, STR(""),
                arena_printf(&w->t->mem, "%lld 分钟内 %lld 次提问里有 %lld 次",
                             (long long)r->minutes, (long long)all, (long long)hits),
                e);
}

/* -- metrics and engines: against what was remembered -- */

/* What it grew by since the beginning of the stretch. Counters begin anew with the program. */
static double grown(struct alert_mark *marks, int64_t now, int64_t span, double value)
{
    double base = value;
    size_t n = 0, keep = 0;

    while (n < ALERT_MARKS && marks[n].at)
        n++;
    while (keep + 1 < n && marks[keep + 1].at <= now - span)
        keep++;
    if (n)
        base = marks[keep].value <= value ? marks[keep].value : 0;
    if (n == ALERT_MARKS && keep == 0) { /* thinned out: the oldest stays */
        for (size_t i = 1; i + 1 < n; i++)
            marks[i] = marks[i + 1];
        n--;
    } else {
        for (size_t i = 0; i + keep < n; i++)
            marks[i] = marks[i + keep];
        n -= keep;
    }
    marks[n] = (struct alert_mark){ now, value };
    if (n + 1 < ALERT_MARKS)
        marks[n + 1] = (struct alert_mark){ 0, 0 };
    return value - base;
}

static enum tb_code look_metric(struct looking *w, const struct alert *r, size_t i,
                                struct tb_err *e)
{
    struct metric_sum now;
    double by;

    metric_sum(r->name, r->label, &now);
    by = grown(w->memory->marks[i], w->now, r->minutes * minute_ms, now.value);
    if (by <= r->more_than)
        return TB_OK;
    return fire(w, r, STR(""),
                arena_printf(&w->t->mem, "%lld 分钟内 %g 次，超过 %g 次", (long long)r->minutes, by,
                             r->more_than),
                e);
}

/* A city that runs without engines is not in trouble. */
static bool engines_down(struct talk *t)
{
    struct engine_state *states;

    return t->at->pool && pool_states(t->at->pool, &t->mem, &states) > 0 &&
           !pool_ready(t->at->pool);
}

static enum tb_code look_engine(struct looking *w, const struct alert *r, struct tb_err *e)
{
    int64_t *since = &w->memory->down_since;

    if (!engines_down(w->t)) {
        *since = 0;
        return TB_OK;
    }
    if (!*since)
        *since = w->now;
    if (w->now - *since < r->minutes * minute_ms)
        return TB_OK;
    return fire(w, r, STR(""),
                arena_printf(&w->t->mem, "已经 %lld 分钟没有能用的引擎",
                             (long long)((w->now - *since) / minute_ms)),
                e);
}

static enum tb_code look_at(struct looking *w, size_t i, struct tb_err *e)
{
    const struct alert *r = &w->rules->v[i];

    if (r->source == ALERT_TRAIL)
        return look_trail(w, r, e);
    if (r->source == ALERT_QUESTIONS)
        return look_questions(w, r, e);
    if (!w->memory)
        return TB_OK;
    return r->source == ALERT_METRIC ? look_metric(w, r, i, e) : look_engine(w, r, e);
}

enum tb_code alerts_look(struct talk *t, const struct alerts *rules, struct alert_memory *m,
                         int64_t *n, struct tb_err *e)
{
    struct looking w = {
        .t = t, .rules = rules, .memory = m, .now = world_now_ms(t->world), .opened = 0
    };

    for (size_t i = 0; i < rules->n; i++)
        if (look_at(&w, i, e))
            return e->code;
    *n = w.opened;
    return TB_OK;
}

enum tb_code alert_employee(struct talk *t, const struct alerts *rules, const struct employee *x,
                            struct str text, struct tb_err *e)
{
    static struct str steps[] = {
        { "看它近来的回答，找出错在哪里", sizeof("看它近来的回答，找出错在哪里") - 1 },
        { "纠正错的，补政策或标准问答", sizeof("纠正错的，补政策或标准问答") - 1 },
        { "数字达到要求后重新申请", sizeof("数字达到要求后重新申请") - 1 }
    };
    struct words todo = { steps, sizeof(steps) / sizeof(steps[0]) };
    struct incident i = { .rule = STR("employee-fall"),
                          .subject = x->key,
                          .title = arena_printf(&t->mem, "%.*s的数字没有守住，已退回上一步",
                                                STR_FMT(x->name)),
                          .severity = STR("medium"),
                          .owner_role = STR("guardian"),
                          .employee_id = x->id };
    bool opened;

    i.steps = steps_json(&t->mem, &todo);
    return raise(t, rules, &i, text, &opened, e);
}

/* -- telling outside -- */

static struct str notice_body(struct arena *a, const struct notice *x)
{
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kstr(&j, "event", STR("incident.open"));
    json_kstr(&j, "number", x->number);
    json_kstr(&j, "title", x->title);
    json_kstr(&j, "severity", x->severity);
    json_kstr(&j, "subject", x->subject);
    json_ktime(&j, "opened_at", x->opened_at);
    json_end(&j);
    return arena_buf(a, &b);
}

static enum tb_code send_one(struct talk *t, const struct alerts *rules, const char *secret,
                             const struct notice *x, struct tb_err *e)
{
    struct arena *a = &t->mem;
    int64_t at = world_now_ms(t->world) / 1000;
    struct str body = notice_body(a, x);
    struct egress *g = egress_new();
    unsigned char mac[SM3_BYTES];
    char hex[SM3_HEX];
    enum tb_code c;

    sm3_hmac(str_z(secret), arena_printf(a, "%lld.%.*s", (long long)at, STR_FMT(body)), mac);
    hex_of(mac, sizeof(mac), hex);
    struct post p = { .egress = g, .url = rules->webhook, .body = body, .limit_ms = TELL_MS };
    p.headers[0] = arena_printf(a, "X-Tongban-Timestamp: %lld", (long long)at).p;
    p.headers[1] = arena_printf(a, "X-Tongban-Signature: sm3=%s", hex).p;
    c = egress_allow(g, rules->webhook, e);
    if (!c)
        c = post_send(&p, e);
    egress_free(g);
    return c;
}

enum tb_code alerts_tell(struct talk *t, const struct alerts *rules, const char *secret,
                         struct tb_err *e)
{
    struct notice *due;
    size_t n;

    if (!rules->webhook[0] || !secret || !secret[0])
        return TB_OK;
    if (notice_due(t, "webhook", &due, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        struct tb_err why = TB_ERR_INIT;
        enum tb_code c = send_one(t, rules, secret, &due[i], &why);

        if (c)
            log_line(LOG_WARN, "incident.notice", "number=%.*s code=%s %s", STR_FMT(due[i].number),
                     tb_code_name(c), why.log);
        if (notice_done(t, &due[i], c == TB_OK, why.log, e))
            return e->code;
    }
    return TB_OK;
}
