#include "scenario/hotline/sample.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

enum {
    COUNT_MAX = 100000,
    DAYS_MAX = 3650,
    FILL_DEPTH = 3,
    TEXT_BYTES = 4096,
    HOURS = 24,
    WEEK = 7,
    PEOPLE_MAX = 100000
};
static const int64_t hour_ms = 3600 * 1000LL, day_ms = 24 * 3600 * 1000LL, zone_ms = 8 * 3600000LL;

struct maker {
    struct arena *mem;
    const struct yaml *y, *words, *names, *matters;
    struct places *p;
    uint64_t state, seed;
    int32_t first, today; /* days */
    int64_t days;
    struct sample_message *out;
    size_t n, cap, cases, askers;
};
/* One matter at one place: what its messages share. */
struct instance {
    const struct yaml *matter;
    const struct place *place;
    struct str event;
    uint64_t seed;
    size_t no;
};

/* -- chance: splitmix64, so that a city is the same everywhere -- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t draw(struct maker *m, size_t n)
{
    m->state += 0x9e3779b97f4a7c15u;
    return n ? (size_t)(mix(m->state) % n) : 0;
}

static bool chance(struct maker *m, size_t percent)
{
    return draw(m, 100) < percent;
}

static struct str one_of(struct maker *m, const struct yaml *list)
{
    size_t n = yaml_len(list);

    return n ? list->items[draw(m, n)]->text : STR("");
}

/* Picks an index by the weights in list. */
static size_t by_weight(struct maker *m, const int64_t *weight, size_t n)
{
    int64_t sum = 0, at;

    for (size_t i = 0; i < n; i++)
        sum += weight[i];
    at = (int64_t)draw(m, (size_t)sum);
    for (size_t i = 0; i < n; i++)
        if ((at -= weight[i]) < 0)
            return i;
    return n - 1;
}

/* -- sentences -- */

static void fill(struct maker *m, const struct instance *c, struct str text, int depth,
                 struct buf *out);

/* What a message says about its own matter is the same for all who write about the case. */
static const struct yaml *own_word(const struct instance *c, struct str name)
{
    const struct yaml *words = yaml_get(c->matter, "words");

    for (size_t i = 0; words && words->kind == YAML_MAP && i < words->n; i++) {
        const struct yaml *list = words->items[i];

        if (str_eq(words->keys[i], name) && yaml_len(list))
            return list->items[mix(c->seed ^ str_hash(name)) % list->n];
    }
    return NULL;
}

/* Any road of the street, and always the same one for a case. */
static struct str road_of(struct maker *m, const struct instance *c)
{
    struct str roads[16];
    size_t n = 0;

    for (size_t i = 0; i < m->p->n && n < 16; i++)
        if (m->p->all[i].level == PLACE_ROAD && str_eq(m->p->all[i].street, c->place->street))
            roads[n++] = m->p->all[i].name;
    return n ? roads[c->seed % n] : c->place->street;
}

static bool number(struct maker *m, struct str name, struct buf *out)
{
    static const struct {
        const char *name;
        size_t from, to;
    } row[] = {
        { "n", 2, 9 }, { "early", 5, 7 }, { "days", 12, 60 }, { "hour", 22, 23 }, { "floor", 2, 18 }
    };

    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        if (str_eqz(name, row[i].name)) {
            buf_add_i64(out, (int64_t)(row[i].from + draw(m, row[i].to - row[i].from + 1)));
            return true;
        }
    return false;
}

static void slot(struct maker *m, const struct instance *c, struct str name, int depth,
                 struct buf *out)
{
    const struct yaml *word = own_word(c, name);
    char key[32];

    str_put(key, sizeof(key), name);
    if (word)
        fill(m, c, word->text, depth + 1, out);
    else if (str_eqz(name, "place"))
        buf_add(out, c->place->name);
    else if (str_eqz(name, "community"))
        buf_add(out, c->place->community);
    else if (str_eqz(name, "street"))
        buf_add(out, c->place->street);
    else if (str_eqz(name, "district"))
        buf_add(out, c->place->district);
    else if (str_eqz(name, "road"))
        buf_add(out, road_of(m, c));
    else if (!number(m, name, out))
        fill(m, c, one_of(m, yaml_get(m->words, key)), depth + 1, out);
}

static void fill(struct maker *m, const struct instance *c, struct str text, int depth,
                 struct buf *out)
{
    struct str rest = text;

    while (rest.n && depth < FILL_DEPTH) {
        size_t open = str_find(rest, STR("{")), close = str_find(rest, STR("}"));

        if (open == SIZE_MAX || close == SIZE_MAX || close < open) {
            buf_add(out, rest);
            return;
        }
        buf_add(out, str_sub(rest, 0, open));
        slot(m, c, str_sub(rest, open + 1, close - open - 1), depth, out);
        rest = str_from(rest, close + 1);
    }
}

static struct str line(struct maker *m, const struct instance *c, const char *key)
{
    struct buf b = BUF_INIT(TEXT_BYTES);

    fill(m, c, one_of(m, yaml_get(c->matter, key)), 0, &b);
    return arena_buf(m->mem, &b);
}

static void sentence(struct maker *m, const struct instance *c, struct str text, struct buf *out)
{
    fill(m, c, text, 0, out);
    buf_addz(out, "。");
}

/* Who writes, two or three facts, what it does to them, what they want. */
static struct str body(struct maker *m, const struct instance *c, struct str wanted)
{
    const struct yaml *facts = yaml_get(c->matter, "fact");
    size_t n = yaml_len(facts), first = draw(m, n), shown = 2 + draw(m, 2);
    struct buf b = BUF_INIT(TEXT_BYTES);

    if (chance(m, 75))
        sentence(m, c, one_of(m, yaml_get(m->words, chance(m, 60) ? "who" : "near")), &b);
    for (size_t i = 0; i < shown && i < n; i++)
        sentence(m, c, facts->items[(first + i) % n]->text, &b);
    if (chance(m, 65))
        sentence(m, c, one_of(m, yaml_get(c->matter, "effect")), &b);
    if (chance(m, 30))
        sentence(m, c, one_of(m, yaml_get(m->words, "told")), &b);
    buf_add(&b, wanted);
    buf_addz(&b, "。");
    if (chance(m, 40))
        sentence(m, c, one_of(m, yaml_get(m->words, "please")), &b);
    return arena_buf(m->mem, &b);
}

/* -- messages -- */

static int64_t moment(struct maker *m, const struct yaml *matter, int32_t day)
{
    struct arena *a = m->mem;
    const struct yaml *table = yaml_get(m->y, "hours");
    const struct yaml *list = yaml_get(table, arena_z(a, yaml_str(matter, "hours")));
    int64_t weight[HOURS], hour;

    for (size_t i = 0; i < HOURS; i++)
        if (yaml_len(list) != HOURS || !str_i64(list->items[i]->text, &weight[i]))
            weight[i] = i >= 8 && i < 22 ? 10 : 1;
    hour = (int64_t)by_weight(m, weight, HOURS);
    return (int64_t)day * day_ms - zone_ms + hour * hour_ms + (int64_t)draw(m, 3600000);
}

static struct str helpers_json(struct maker *m, const struct yaml *matter)
{
    const struct yaml *list = yaml_get(matter, "helpers");
    struct buf b = BUF_INIT(TEXT_BYTES);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < yaml_len(list); i++)
        json_str(&j, list->items[i]->text);
    json_end(&j);
    return arena_buf(m->mem, &b);
}

static struct str name_of(struct maker *m, size_t asker)
{
    const struct yaml *s = yaml_get(m->names, "surname"), *g = yaml_get(m->names, "given");
    uint64_t h = mix(m->seed ^ (asker * 0x9e3779b97f4a7c15u + 1));

    if (!yaml_len(s) || !yaml_len(g))
        return STR("市民");
    return arena_printf(m->mem, "%.*s%.*s", STR_FMT(s->items[h % s->n]->text),
                        STR_FMT(g->items[(h >> 20) % g->n]->text));
}

static void write_message(struct maker *m, const struct instance *c, size_t asker, int32_t day,
                          bool again)
{
    const struct yaml *y = c->matter;
    int64_t urgency = 0;
    struct sample_message *x;

    m->out = arena_grow(m->mem, m->out, m->n, &m->cap, sizeof(*m->out));
    x = &m->out[m->n++];
    (void)yaml_int(y, "urgency", &urgency);
    *x = (struct sample_message){ .matter = yaml_str(y, "id"),
                                  .subject = yaml_str(y, "subject"),
                                  .event = c->event,
                                  .place = c->place,
                                  .kind = yaml_str(y, "kind"),
                                  .class1 = yaml_str(y, "class"),
                                  .department = yaml_str(y, "department"),
                                  .helpers = helpers_json(m, y),
                                  .urgency = (int)urgency,
                                  .case_no = c->no,
                                  .asker_no = asker };
    /* one after the other: the order of the draws makes the text */
    x->at = moment(m, y, day);
    x->title = line(m, c, "title");
    x->wanted = line(m, c, "ask");
    x->text = body(m, c, x->wanted);
    x->reply = line(m, c, "reply");
    x->asker = name_of(m, asker);
    x->phone = arena_printf(m->mem, "0920-8%06zu", (asker * 7919 + 31) % 1000000);
    x->votes = (int)(c->event.n ? draw(m, 30) : chance(m, 30) ? draw(m, 6) : 0);
    if (again)
        x->title = arena_printf(m->mem, "再次反映：%.*s", STR_FMT(x->title));
}

static size_t new_asker(struct maker *m)
{
    m->askers = (m->askers + 1) % PEOPLE_MAX;
    return m->askers;
}

static bool suits(const struct yaml *matter, const struct place *x)
{
    const struct yaml *at = yaml_get(matter, "at");

    for (size_t i = 0; i < yaml_len(at); i++)
        if (x->level == PLACE_SPOT && str_eq(at->items[i]->text, x->kind))
            return true;
    return false;
}

static const struct place *place_for(struct maker *m, const struct yaml *matter)
{
    size_t n = 0, at;

    for (size_t i = 0; i < m->p->n; i++)
        n += suits(matter, &m->p->all[i]);
    at = draw(m, n);
    for (size_t i = 0; i < m->p->n; i++)
        if (suits(matter, &m->p->all[i]) && at-- == 0)
            return &m->p->all[i];
    return NULL;
}

static const struct yaml *matter_for(struct maker *m, const struct yaml *list)
{
    int64_t weight[256] = { 0 };
    size_t n = yaml_len(list) < 256 ? yaml_len(list) : 256;

    for (size_t i = 0; i < n; i++)
        (void)yaml_int(list->items[i], "weight", &weight[i]);
    return list->items[by_weight(m, weight, n)];
}

static int32_t day_for(struct maker *m)
{
    const struct yaml *week = yaml_get(m->y, "weekday");
    int64_t weight[WEEK], best = 1;

    for (size_t i = 0; i < WEEK; i++) {
        if (yaml_len(week) != WEEK || !str_i64(week->items[i]->text, &weight[i]) || weight[i] < 1)
            weight[i] = 1;
        best = weight[i] > best ? weight[i] : best;
    }
    for (;;) {
        int32_t day = m->first + (int32_t)draw(m, (size_t)m->days);

        /* 1970-01-01 was a Thursday */
        if ((int64_t)draw(m, (size_t)best) < weight[((day % 7) + 10) % 7])
            return day;
    }
}

/* One ordinary case: mostly one person, now and then a whole staircase. */
static enum tb_code ordinary(struct maker *m, struct tb_err *e)
{
    struct instance c = { .matter = matter_for(m, m->matters), .event = STR("") };
    int64_t people = 1;
    int32_t day = day_for(m);
    size_t n = 1;

    c.place = place_for(m, c.matter);
    if (!c.place)
        return yaml_fail(c.matter, "places.yaml 里没有这类地点（at）", e);
    c.no = ++m->cases;
    c.seed = mix(m->seed ^ c.no);
    (void)yaml_int(c.matter, "people", &people);
    while (n < (size_t)people && chance(m, 22))
        n++;
    for (size_t i = 0; i < n; i++) {
        size_t asker = new_asker(m);
        int32_t at = day + (int32_t)draw(m, i ? 6 : 1);

        if (at > m->today)
            at = m->today;
        write_message(m, &c, asker, at, false);
        if (chance(m, 4) && at + 3 <= m->today)
            write_message(m, &c, asker, at + 1 + (int32_t)draw(m, 2), true);
    }
    return TB_OK;
}

static const struct place *named(const struct places *p, struct str name)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->all[i].level == PLACE_SPOT && str_eq(p->all[i].name, name))
            return &p->all[i];
    return NULL;
}

struct event_run {
    const struct yaml *y, *places, *matters;
    size_t case_from; /* number of place 0; matters of one event at one place are one case */
    size_t people;    /* who may write again */
};

static enum tb_code event_message(struct maker *m, const struct event_run *r, int32_t day,
                                  struct tb_err *e)
{
    size_t at = draw(m, r->places->n);
    struct instance c = { .matter = matter_for(m, r->matters), .event = yaml_str(r->y, "id") };

    c.place = named(m->p, r->places->items[at]->text);
    if (!c.place)
        return yaml_fail(r->places->items[at], "places.yaml 里没有这个地点", e);
    c.no = r->case_from + at;
    c.seed = mix(m->seed ^ m->n ^ 77);
    write_message(m, &c, new_asker(m), day, false);
    return TB_OK;
}

static enum tb_code event(struct maker *m, const struct yaml *y, struct tb_err *e)
{
    struct event_run r = { .y = y, .places = yaml_get(y, "at"), .matters = yaml_get(y, "matters") };
    const struct yaml *curve = yaml_get(y, "curve");
    int64_t start = 0, n;

    if (!yaml_int(y, "start", &start) || !yaml_len(curve) || !yaml_len(r.places) ||
        !yaml_len(r.matters))
        return yaml_fail(y, "事件要写明 start、curve、at 和 matters", e);
    r.case_from = m->cases + 1;
    m->cases += r.places->n;
    for (size_t d = 0; d < curve->n; d++) {
        int32_t day = m->today + (int32_t)start + (int32_t)d;

        if (!str_i64(curve->items[d]->text, &n) || n < 0 || n > COUNT_MAX)
            return yaml_fail(curve->items[d], "这里应为每天的条数", e);
        for (int64_t i = 0; i < n && day >= m->first && day <= m->today; i++)
            if (event_message(m, &r, day, e))
                return e->code;
    }
    return TB_OK;
}

static int by_time(const void *a, const void *b)
{
    const struct sample_message *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at ? 1 : 0;
}

static enum tb_code check(struct maker *m, size_t *count, struct tb_err *e)
{
    int64_t n = 0;

    m->words = yaml_get(m->y, "words");
    m->names = yaml_get(m->y, "names");
    m->matters = yaml_get(m->y, "matters");
    if (!yaml_int(m->y, "days", &m->days) || m->days < 1 || m->days > DAYS_MAX)
        return yaml_fail(m->y, "days 应为 1 到 3650", e);
    if (!yaml_int(m->y, "count", &n) || n < 1 || n > COUNT_MAX)
        return yaml_fail(m->y, "count 应为 1 到 100000", e);
    if (!yaml_len(m->matters))
        return yaml_fail(m->y, "至少要有一种诉求（matters）", e);
    for (size_t i = 0; i < m->matters->n; i++) {
        int64_t w;

        if (!yaml_int(m->matters->items[i], "weight", &w) || w < 1)
            return yaml_fail(m->matters->items[i], "weight 应为正整数", e);
    }
    *count = *count ? *count : (size_t)n;
    m->first = m->today - (int32_t)m->days + 1;
    return TB_OK;
}

enum tb_code sample_make(struct arena *a, const char *city, const struct sample_wish *wish,
                         struct places **places, struct sample_message **out, size_t *n,
                         struct tb_err *e)
{
    struct maker m = { .mem = a, .seed = mix(wish->seed), .today = wish->today };
    size_t count = wish->count < COUNT_MAX ? wish->count : COUNT_MAX;
    const struct yaml *events;
    struct yaml *y;

    m.state = m.seed;
    if (places_load(a, fs_join(a, city, "places.yaml"), places, e) ||
        yaml_load(a, fs_join(a, city, "messages.yaml"), &y, e))
        return e->code;
    m.p = *places;
    m.y = y;
    if (check(&m, &count, e))
        return e->code;
    events = yaml_get(y, "events");
    for (size_t i = 0; i < yaml_len(events); i++)
        if (event(&m, events->items[i], e))
            return e->code;
    while (m.n < count)
        if (ordinary(&m, e))
            return e->code;
    m.n = m.n < count ? m.n : count;
    qsort(m.out, m.n, sizeof(*m.out), by_time);
    *out = m.out;
    *n = m.n;
    return TB_OK;
}
