#include "scenario/hotline/signals_int.h"

#include "base/fs.h"
#include "base/yaml.h"
#include "scenario/hotline/phrase_set.h"

struct loading {
    struct arena *a;
    struct signals *s;
};

static enum tb_code only(const struct yaml *map, const char *const *fields, struct tb_err *e)
{
    for (size_t i = 0; i < map->n; i++) {
        size_t k = 0;

        while (fields[k] && !str_eqz(map->keys[i], fields[k]))
            k++;
        if (!fields[k])
            return yaml_fail(map->items[i], "不认识的字段", e);
    }
    return TB_OK;
}

/* words and not of one row become a list of phrases. */
static enum tb_code add_words(struct loading *l, const struct yaml *row, uint32_t list,
                              struct tb_err *e)
{
    struct str words = yaml_str(row, "words"), not = yaml_str(row, "not");

    if (row->kind != YAML_MAP || !words.n)
        return yaml_fail(row, "要有 words（市民的说法，用顿号隔开）", e);
    if (!phrase_set_add(l->s->phrases, list, words, false) ||
        (not .n && !phrase_set_add(l->s->phrases, list, not, true)))
        return yaml_fail(row, "有空的词，或者一个词超过24个字", e);
    return TB_OK;
}

/* ---- rules/urgency.yaml ---- */

static enum tb_code add_urgency(struct loading *l, const struct yaml *row, struct tb_err *e)
{
    static const char *const fields[] = { "name", "level", "person", "words", "not", NULL };
    int64_t level = 0;

    if (row->kind != YAML_MAP || !yaml_str(row, "name").n)
        return yaml_fail(row, "每行要有 name", e);
    if (only(row, fields, e))
        return e->code;
    if (!yaml_int(row, "level", &level) || level < 1 || level >= TRIAGE_URGENCIES)
        return yaml_fail(row, "level 要是 1（较急）、2（紧急）或 3（特急）", e);
    l->s->urgency[l->s->urgency_n] =
        (struct signal_urgency){ yaml_str(row, "name"), (enum triage_urgency)level,
                                 yaml_bool(row, "person", false) };
    return add_words(l, row, SIGNAL_URGENCY + (uint32_t)l->s->urgency_n++, e);
}

static enum tb_code load_urgency(struct loading *l, const char *path, struct tb_err *e)
{
    const struct yaml *rows;
    struct yaml *top;

    if (yaml_load(l->a, path, &top, e))
        return e->code;
    rows = yaml_get(top, "rows");
    if (!rows || rows->kind != YAML_LIST || rows->n > SIGNAL_URGENCIES)
        return yaml_fail(top, "要有 rows，逐行写紧急情形，最多 200 行", e);
    l->s->urgency = ARENA_ARRAY(l->a, struct signal_urgency, rows->n + 1);
    for (size_t i = 0; i < rows->n; i++)
        if (add_urgency(l, rows->items[i], e))
            return e->code;
    return TB_OK;
}

/* ---- rules/hotline_signals.yaml ---- */

/* A map of titles to rows, in whatever order; each title must be there. */
static enum tb_code add_titles(struct loading *l, const struct yaml *top, const char *key,
                               const char *const *titles, size_t n, uint32_t first,
                               struct tb_err *e)
{
    const struct yaml *map = yaml_get(top, key);

    if (!map || map->kind != YAML_MAP || map->n != n)
        return yaml_fail(map ? map : top, "kinds 要写全五种类型，moods 要写全三种语气", e);
    for (size_t i = 0; i < n; i++) {
        const struct yaml *row = yaml_get(map, titles[i]);

        if (!row)
            return yaml_fail(map, "少了一种类型或语气", e);
        if (add_words(l, row, first + (uint32_t)i, e))
            return e->code;
    }
    return TB_OK;
}

static int kind_named(struct str title)
{
    for (int k = 0; k < TRIAGE_KINDS; k++)
        if (str_eqz(title, triage_kind_title((enum triage_kind)k)))
            return k;
    return -1;
}

static enum tb_code add_deadline(struct loading *l, const struct yaml *row, struct tb_err *e)
{
    static const char *const fields[] = { "name", "days", "urgency", "kind", NULL };
    struct signal_deadline d = { yaml_str(row, "name"), 0, -1, -1 };
    struct str kind = yaml_str(row, "kind");
    int64_t days = -1, urgency = -1;

    if (row->kind != YAML_MAP || !d.name.n || only(row, fields, e))
        return e->code ? e->code : yaml_fail(row, "时限要有 name 和 days", e);
    if (!yaml_int(row, "days", &days) || days < 0 || days > 365)
        return yaml_fail(row, "days 要是 0 到 365 的工作日数", e);
    if (yaml_get(row, "urgency") &&
        (!yaml_int(row, "urgency", &urgency) || urgency < 0 || urgency >= TRIAGE_URGENCIES))
        return yaml_fail(row, "urgency 要是 0 到 3", e);
    d.kind = kind_named(kind);
    if (kind.n && d.kind < 0)
        return yaml_fail(row, "kind 要是咨询、求助、投诉、举报或建议", e);
    d.days = (int)days;
    d.urgency = (int)urgency;
    l->s->deadlines[l->s->deadline_n++] = d;
    return TB_OK;
}

static enum tb_code load_deadlines(struct loading *l, const struct yaml *top, struct tb_err *e)
{
    const struct yaml *rows = yaml_get(top, "deadlines");
    const struct signal_deadline *last;

    if (!rows || rows->kind != YAML_LIST || !rows->n || rows->n > SIGNAL_DEADLINES)
        return yaml_fail(rows ? rows : top, "要有 deadlines，最多 50 行", e);
    l->s->deadlines = ARENA_ARRAY(l->a, struct signal_deadline, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        if (add_deadline(l, rows->items[i], e))
            return e->code;
    last = &l->s->deadlines[rows->n - 1];
    if (last->urgency >= 0 || last->kind >= 0)
        return yaml_fail(rows->items[rows->n - 1], "最后一行时限不能带条件，其余的都归它", e);
    return TB_OK;
}

static bool read_cost(const struct yaml *map, const char *key, double *out)
{
    return str_real(yaml_str(map, key), out) && *out > 0 && *out < 1e6;
}

static enum tb_code load_costs(struct loading *l, const struct yaml *top, struct tb_err *e)
{
    const struct yaml *map = yaml_get(top, "costs");
    struct signal_costs *c = &l->s->costs;

    if (!map || !read_cost(map, "wrong_department", &c->department) ||
        !read_cost(map, "wrong_class", &c->class1) || !read_cost(map, "person", &c->person))
        return yaml_fail(map ? map : top,
                         "costs 要有 wrong_department、wrong_class、person 三个正数", e);
    return TB_OK;
}

static enum tb_code load_signals(struct loading *l, const char *path, struct tb_err *e)
{
    static const char *const fields[] = { "kinds", "moods",     "repeat", "secret", "accused",
                                          "split", "deadlines", "costs",  NULL };
    static const char *const moods[] = { "满意", "不满", "激烈" };
    static const char *const lists[] = { "repeat", "secret", "accused", "split" };
    const char *kinds[TRIAGE_KINDS];
    struct yaml *top;

    for (int k = 0; k < TRIAGE_KINDS; k++)
        kinds[k] = triage_kind_title((enum triage_kind)k);
    if (yaml_load(l->a, path, &top, e))
        return e->code;
    if (top->kind != YAML_MAP)
        return yaml_fail(top, "要有 kinds、moods、deadlines 等几段", e);
    if (only(top, fields, e) || add_titles(l, top, "kinds", kinds, TRIAGE_KINDS, 0, e) ||
        add_titles(l, top, "moods", moods, 3, SIGNAL_PLEASED, e))
        return e->code;
    for (uint32_t i = 0; i < 4; i++) {
        const struct yaml *row = yaml_get(top, lists[i]);

        if (!row)
            return yaml_fail(top, "要有 repeat、secret、accused 和 split", e);
        if (add_words(l, row, SIGNAL_REPEAT + i, e))
            return e->code;
    }
    if (load_deadlines(l, top, e) || load_costs(l, top, e))
        return e->code;
    return TB_OK;
}

/* Departments by their whole name, the name without the city, and as people say it. */
static void name_departments(struct loading *l, const struct duties *d)
{
    struct str *ids = ARENA_ARRAY(l->a, struct str, d->department_n);

    for (size_t i = 0; i < d->department_n; i++) {
        const struct duty_department *p = &d->departments[i];
        uint32_t list = SIGNAL_DEPARTMENT + (uint32_t)i;
        size_t city = str_find(p->name, STR("市"));

        ids[i] = p->id;
        phrase_set_add(l->s->phrases, list, p->name, false);
        if (p->short_name.n)
            phrase_set_add(l->s->phrases, list, p->short_name, false);
        if (city != SIZE_MAX && city + 3 < p->name.n)
            phrase_set_add(l->s->phrases, list, str_from(p->name, city + 3), false);
    }
    l->s->departments = ids;
}

enum tb_code signals_load(struct arena *a, const char *rules, const struct duties *d,
                          struct signals **out, struct tb_err *e)
{
    struct loading l = { a, ARENA_NEW(a, struct signals) };

    l.s->phrases = phrase_set_new(a);
    if (load_urgency(&l, fs_join(a, rules, "urgency.yaml"), e) ||
        load_signals(&l, fs_join(a, rules, "hotline_signals.yaml"), e))
        return e->code;
    name_departments(&l, d);
    phrase_set_ready(l.s->phrases);
    *out = l.s;
    return TB_OK;
}
