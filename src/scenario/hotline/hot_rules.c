#include "base/yaml.h"
#include "scenario/hotline/hot.h"

#include <stdio.h>

static const char *const part_keys[HOT_PARTS] = { "people", "count",  "votes",
                                                  "peak",   "growth", "mood" };

static enum tb_code real(const struct yaml *map, const char *key, double low, double high,
                         double *out, struct tb_err *e)
{
    const struct yaml *v = yaml_get(map, key);
    char what[128];

    if (v && v->kind == YAML_SCALAR && str_real(v->text, out) && *out >= low && *out <= high)
        return TB_OK;
    (void)snprintf(what, sizeof(what), "%s 应为 %g 到 %g 的数", key, low, high);
    return yaml_fail(v ? v : map, what, e);
}

static enum tb_code words(struct arena *a, const struct yaml *map, const char *key,
                          struct hot_words *out, struct tb_err *e)
{
    const struct yaml *list = yaml_get(map, key);

    if (!list || list->kind != YAML_LIST)
        return yaml_fail(map, "缺少词表（leading、trailing、place_tails、stop、strong）", e);
    out->v = ARENA_ARRAY(a, struct str, list->n + 1);
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i]->kind != YAML_SCALAR || !list->items[i]->text.n)
            return yaml_fail(list->items[i], "这里应为一个词", e);
        out->v[out->n++] = list->items[i]->text;
    }
    return TB_OK;
}

static enum tb_code parts(const struct yaml *map, struct hot_rules *r, struct tb_err *e)
{
    const struct yaml *heat = yaml_get(map, "heat");

    if (!heat)
        return yaml_fail(map, "缺少 heat", e);
    for (size_t i = 0; i < HOT_PARTS; i++) {
        const struct yaml *p = yaml_get(heat, part_keys[i]);

        if (!p)
            return yaml_fail(heat, "heat 里应有 people、count、votes、peak、growth、mood", e);
        if (real(p, "weight", 0, 100, &r->part[i].weight, e) ||
            real(p, "half", 0.001, 1e9, &r->part[i].half, e))
            return e->code;
        r->part[i].title = yaml_str(p, "title");
    }
    return TB_OK;
}

static enum tb_code warnings(const struct yaml *map, struct hot_warn_rules *w, struct tb_err *e)
{
    const struct yaml *y = yaml_get(map, "warn");
    double days, hours, people;

    if (!y)
        return yaml_fail(map, "缺少 warn", e);
    if (real(y, "window_days", 7, 366, &days, e) || real(y, "span_hours", 1, 168, &hours, e) ||
        real(y, "least_people", 2, 1000, &people, e) ||
        real(y, "chance", 1e-12, 0.5, &w->chance, e) || real(y, "spread", 1, 100, &w->spread, e) ||
        real(y, "prior", 0.001, 100, &w->prior, e) || real(y, "times", 1, 100, &w->times, e))
        return e->code;
    w->window_days = (int)days;
    w->span_hours = (int)hours;
    w->least_people = (int)people;
    return TB_OK;
}

enum tb_code hot_rules_load(struct arena *a, const char *path, struct hot_rules **out,
                            struct tb_err *e)
{
    struct hot_rules *r = ARENA_NEW(a, struct hot_rules);
    double people, days;
    struct yaml *y;

    if (yaml_load(a, path, &y, e) || real(y, "join", 0.01, 1, &r->join, e) ||
        real(y, "least_people", 1, 1000, &people, e) || real(y, "recent_days", 1, 366, &days, e) ||
        parts(y, r, e) || warnings(y, &r->warn, e) || words(a, y, "leading", &r->leading, e) ||
        words(a, y, "trailing", &r->trailing, e) ||
        words(a, y, "place_tails", &r->place_tails, e) || words(a, y, "stop", &r->stop, e) ||
        words(a, y, "strong", &r->strong, e))
        return e->code;
    r->least_people = (int)people;
    r->recent_days = (int)days;
    *out = r;
    return TB_OK;
}
