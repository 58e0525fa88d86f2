/* 热点 as the page shows them. Who sits at the hotline's desk sees the orders behind an issue;
 * others see what it is about. */
#include "base/date.h"
#include "scenario/hotline/insight.h"
#include "scenario/hotline/order.h"
#include "scenario/hotline/places.h"
#include "store/setting.h"

static const int64_t day_ms = 24 * 3600 * 1000LL, zone_ms = 8 * 3600000LL;

enum { TOP = 10, DAYS_MAX = 92, MEMBERS = 200, SPOTS = 60 };

struct hot_page {
    struct talk *t;
    struct json *j;
    int64_t from, to;
    int32_t days, last;
    bool at_desk;
};

static enum tb_code at_desk(struct talk *t, bool *out, struct tb_err *e)
{
    struct str desk;

    if (order_desk(t, &desk, e))
        return e->code;
    *out = desk.n == 0 || str_eq(t->actor.department, desk);
    return TB_OK;
}

static void days_json(const struct hot_page *p, const struct hot_issue *x)
{
    size_t k = 0;

    json_karr(p->j, "days");
    for (int32_t day = p->last - p->days + 1; day <= p->last; day++) {
        int64_t end = (int64_t)(day + 1) * day_ms - zone_ms, n = 0;

        for (; k < x->n && x->member[k]->at < end; k++)
            n++;
        json_int(p->j, n);
    }
    json_end(p->j);
}

static void parts_json(const struct hot_page *p, const struct hot_issue *x)
{
    const struct hot_rules *r = insight_rules(insight_of(p->t));

    json_karr(p->j, "parts");
    for (size_t i = 0; i < HOT_PARTS; i++) {
        json_obj(p->j);
        json_kstr(p->j, "title", r->part[i].title);
        json_kreal(p->j, "value", x->value[i]);
        json_kreal(p->j, "points", x->points[i]);
        json_end(p->j);
    }
    json_end(p->j);
    json_karr(p->j, "phrases");
    for (size_t i = 0; i < x->phrase_n; i++) {
        json_obj(p->j);
        json_kstr(p->j, "text", x->phrase[i].text);
        json_kint(p->j, "count", (int64_t)x->phrase[i].count);
        json_end(p->j);
    }
    json_end(p->j);
}

struct spot {
    struct str place;
    int64_t x, y, count;
};

static void spot_add(struct spot *v, size_t *n, const struct spot *s)
{
    size_t i = 0;

    while (i < *n && !(v[i].x == s->x && v[i].y == s->y))
        i++;
    if (i == SPOTS)
        return;
    if (i == *n) {
        v[(*n)++] = *s;
        v[i].count = 0;
    }
    v[i].count++;
}

/* The orders of an issue: where they lie, and for the desk which they are. */
static enum tb_code members_json(const struct hot_page *p, const struct hot_issue *x,
                                 struct tb_err *e)
{
    struct spot spot[SPOTS];
    size_t n = 0;

    json_karr(p->j, "members");
    for (size_t i = 0; i < x->n; i++) {
        struct rows *r;
        bool more;

        if (db_ask(p->t->db, &p->t->mem,
                   SQL("SELECT receipt, state, place, x, y FROM work_order WHERE id = :id"),
                   ARGS(db_int("id", x->member[i]->id)), &r, e) ||
            rows_next(r, &more, e))
            return e->code;
        if (more && !rows_null(r, 3) && !rows_null(r, 4))
            spot_add(spot, &n, &(struct spot){ rows_str(r, 2), rows_int(r, 3), rows_int(r, 4), 0 });
        if (more && p->at_desk && i < MEMBERS) {
            json_obj(p->j);
            json_kstr(p->j, "receipt", rows_str(r, 0));
            json_kstr(p->j, "title", x->member[i]->title);
            json_kstr(p->j, "place", rows_str(r, 2));
            json_kstr(p->j, "state", rows_str(r, 1));
            json_ktime(p->j, "at", x->member[i]->at);
            json_end(p->j);
        }
        rows_close(r);
    }
    json_end(p->j);
    json_karr(p->j, "spots");
    for (size_t i = 0; i < n; i++) {
        json_obj(p->j);
        json_kstr(p->j, "place", spot[i].place);
        json_kint(p->j, "x", spot[i].x);
        json_kint(p->j, "y", spot[i].y);
        json_kint(p->j, "count", spot[i].count);
        json_end(p->j);
    }
    json_end(p->j);
    return TB_OK;
}

static enum tb_code issue_json(const struct hot_page *p, const struct hot_issue *x,
                               struct tb_err *e)
{
    json_obj(p->j);
    json_kstr(p->j, "name", x->name);
    json_kstr(p->j, "place", x->place);
    json_kstr(p->j, "subject", x->subject);
    json_kstr(p->j, "why", x->why);
    json_kreal(p->j, "heat", x->heat);
    json_kint(p->j, "count", (int64_t)x->n);
    json_kint(p->j, "people", (int64_t)x->people);
    json_kint(p->j, "votes", x->votes);
    json_kreal(p->j, "growth", x->growth);
    json_ktime(p->j, "first", x->first);
    json_ktime(p->j, "last", x->last);
    parts_json(p, x);
    days_json(p, x);
    if (members_json(p, x, e))
        return e->code;
    json_end(p->j);
    return TB_OK;
}

static enum tb_code warnings_json(const struct hot_page *p, struct tb_err *e)
{
    const struct hot_rules *rules = insight_rules(insight_of(p->t));
    int64_t now = world_now_ms(p->t->world), left_out;
    int64_t to = p->to < now ? p->to : now;
    struct hot_message *m;
    struct warning *w;
    size_t n, k;

    if (insight_messages(p->t, to - rules->warn.window_days * day_ms, to, &m, &n, &left_out, e))
        return e->code;
    warn_find(&p->t->mem, rules, m, n, to - 1, &w, &k);
    json_karr(p->j, "warnings");
    for (size_t i = 0; i < k; i++) {
        json_obj(p->j);
        json_kstr(p->j, "name", w[i].issue.name);
        json_kstr(p->j, "say", w[i].say);
        json_kint(p->j, "people", (int64_t)w[i].people);
        json_kreal(p->j, "expected", w[i].expected);
        json_end(p->j);
    }
    json_end(p->j);
    return TB_OK;
}

static enum tb_code page(struct hot_page *p, struct tb_err *e)
{
    struct hot_message *m;
    struct hot_issue *x;
    int64_t left_out;
    size_t n, k;

    if (insight_messages(p->t, p->from, p->to, &m, &n, &left_out, e))
        return e->code;
    hot_find(&p->t->mem, insight_rules(insight_of(p->t)), m, n,
             &(struct hot_wish){ .now = p->to - 1, .since = p->from, .top = TOP }, &x, &k);
    json_obj(p->j);
    json_kday(p->j, "from", p->last - p->days + 1);
    json_kday(p->j, "to", p->last);
    json_kint(p->j, "messages", (int64_t)n);
    json_kint(p->j, "left_out", left_out);
    json_karr(p->j, "issues");
    for (size_t i = 0; i < k; i++)
        if (issue_json(p, &x[i], e))
            return e->code;
    json_end(p->j);
    if (warnings_json(p, e))
        return e->code;
    json_end(p->j);
    return TB_OK;
}

/* Five minutes, or until something new comes in. */
static enum tb_code key_of(const struct hot_page *p, struct str *out, struct tb_err *e)
{
    int64_t newest = 0;
    bool found;

    if (db_ask_int(p->t->db, SQL("SELECT MAX(id) FROM work_order"), NO_ARGS, &newest, &found, e))
        return e->code;
    *out = arena_printf(&p->t->mem, "hot %d %d %d %lld %lld", p->last, p->days, p->at_desk,
                        (long long)newest, (long long)(world_now_ms(p->t->world) / 300000));
    return TB_OK;
}

enum tb_code insight_hot(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct hot_page p = { .t = t, .j = &r->json };
    struct insight *x = insight_of(t);
    struct str key, was;
    int64_t days;

    if (!x)
        return tb_fail(e, TB_BUSY, "热线还没有准备好，请稍后再试", "no hotline");
    if (request_query_int(q, "days", 1, DAYS_MAX, 14, &days, e) || insight_day(t, q, &p.last, e) ||
        at_desk(t, &p.at_desk, e))
        return e->code;
    p.days = (int32_t)days;
    p.to = (int64_t)(p.last + 1) * day_ms - zone_ms;
    p.from = p.to - days * day_ms;
    if (key_of(&p, &key, e))
        return e->code;
    if (insight_recall(x, &t->mem, key, &was)) {
        buf_add(&r->body, was);
        return TB_OK;
    }
    if (page(&p, e))
        return e->code;
    insight_remember(x, key, buf_str(&r->body));
    return TB_OK;
}

/* -- map -- */

static void line_json(struct json *j, const struct places_line *l)
{
    json_obj(j);
    json_kstr(j, "name", l->name);
    json_karr(j, "line");
    for (size_t i = 0; i < 2 * l->n; i++)
        json_int(j, l->xy[i]);
    json_end(j);
    json_end(j);
}

static void map_json(struct json *j, const struct places *p)
{
    json_obj(j);
    json_kint(j, "width", p->width);
    json_kint(j, "height", p->height);
    json_karr(j, "districts");
    for (size_t i = 0; i < p->outline_n; i++)
        line_json(j, &p->outlines[i]);
    json_end(j);
    json_karr(j, "water");
    for (size_t i = 0; i < p->water_n; i++)
        line_json(j, &p->waters[i]);
    json_end(j);
    json_karr(j, "streets");
    for (size_t i = 0; i < p->n; i++)
        if (p->all[i].level == PLACE_STREET) {
            json_obj(j);
            json_kstr(j, "name", p->all[i].name);
            json_kint(j, "x", p->all[i].x);
            json_kint(j, "y", p->all[i].y);
            json_end(j);
        }
    json_end(j);
    json_end(j);
}

/* A city without places has an empty map. */
enum tb_code insight_map(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct places none = { .width = 1000, .height = 600 }, *p = &none;
    struct str text;

    (void)q;
    if (setting_read(t->db, &t->mem, PLACES_SETTING, &text, e) ||
        (text.n && places_read(&t->mem, text, "places.yaml", &p, e)))
        return e->code;
    map_json(&r->json, p);
    return TB_OK;
}
