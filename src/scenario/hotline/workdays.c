#include "scenario/hotline/workdays.h"

#include "base/alloc.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/yaml.h"

enum { DAY_ENDS_H = 18, DAYS_MAX = 365, HOURS_MAX = 24 * 60, AHEAD_DAYS = 30 };
static const int64_t hour_ms = 3600 * 1000;

struct year {
    int number;
    struct span {
        int32_t from, to;
    } * off;
    size_t off_n;
    int32_t *work;
    size_t work_n;
};
struct promise {
    enum order_kind kind; /* none: any */
    int64_t urgency;      /* -1: any */
    int64_t accept_hours, accept_days, answer_hours, answer_days;
};
struct workdays {
    struct arena mem;
    struct year *years;
    size_t year_n;
    struct promise *promises;
    size_t promise_n;
};

static enum tb_code known_only(const struct yaml *map, const char *const *known, struct tb_err *e)
{
    if (map->kind != YAML_MAP)
        return yaml_fail(map, "这里应为“字段: 值”", e);
    for (size_t i = 0; i < map->n; i++) {
        size_t k = 0;

        while (known[k] && !str_eqz(map->keys[i], known[k]))
            k++;
        if (!known[k])
            return yaml_fail(map->items[i], "不认识的字段", e);
    }
    return TB_OK;
}

static enum tb_code day_of_year(const struct yaml *at, struct str text, int year, int32_t *out,
                                struct tb_err *e)
{
    int y, m, d;

    if (!day_parse(text, out))
        return yaml_fail(at, "日期应写成 2026-10-01 的形式", e);
    day_split(*out, &y, &m, &d);
    return y == year ? TB_OK : yaml_fail(at, "日期不在这一年", e);
}

static enum tb_code read_off(struct arena *a, const struct yaml *list, struct year *y,
                             struct tb_err *e)
{
    static const char *const known[] = { "name", "from", "to", NULL };

    y->off_n = yaml_len(list);
    y->off = ARENA_ARRAY(a, struct span, y->off_n + 1);
    for (size_t i = 0; i < y->off_n; i++) {
        const struct yaml *x = list->items[i];

        if (known_only(x, known, e) ||
            day_of_year(x, yaml_str(x, "from"), y->number, &y->off[i].from, e) ||
            day_of_year(x, yaml_str(x, "to"), y->number, &y->off[i].to, e))
            return e->code;
        if (y->off[i].to < y->off[i].from)
            return yaml_fail(x, "结束日期早于开始日期", e);
    }
    return TB_OK;
}

static enum tb_code read_year(struct arena *a, const struct yaml *x, struct year *y,
                              struct tb_err *e)
{
    static const char *const known[] = { "year", "off", "work", NULL };
    const struct yaml *work;
    int64_t number;

    if (known_only(x, known, e))
        return e->code;
    if (!yaml_int(x, "year", &number) || number < 2000 || number > 2199)
        return yaml_fail(x, "year 应为四位年份", e);
    y->number = (int)number;
    work = yaml_get(x, "work");
    if (yaml_len(yaml_get(x, "off")) == 0)
        return yaml_fail(x, "这一年没有写放假日期（off）", e);
    if (read_off(a, yaml_get(x, "off"), y, e))
        return e->code;
    y->work_n = yaml_len(work);
    y->work = ARENA_ARRAY(a, int32_t, y->work_n + 1);
    for (size_t i = 0; i < y->work_n; i++)
        if (day_of_year(work->items[i], work->items[i]->text, y->number, &y->work[i], e))
            return e->code;
    return TB_OK;
}

static enum tb_code read_years(struct workdays *w, const struct yaml *list, struct tb_err *e)
{
    if (list->kind != YAML_LIST)
        return yaml_fail(list, "应为各年度的列表", e);
    w->years = ARENA_ARRAY(&w->mem, struct year, list->n + 1);
    for (size_t i = 0; i < list->n; i++) {
        if (read_year(&w->mem, list->items[i], &w->years[i], e))
            return e->code;
        for (size_t k = 0; k < i; k++)
            if (w->years[k].number == w->years[i].number)
                return yaml_fail(list->items[i], "这一年写了两次", e);
        w->year_n++;
    }
    return TB_OK;
}

static enum tb_code amount(const struct yaml *x, const char *key, int64_t most, int64_t *out,
                           struct tb_err *e)
{
    *out = 0;
    if (!yaml_get(x, key))
        return TB_OK;
    if (!yaml_int(x, key, out) || *out < 1 || *out > most)
        return yaml_fail(x, "时限应为正整数", e);
    return TB_OK;
}

static enum tb_code read_promise(const struct yaml *x, struct promise *p, struct tb_err *e)
{
    static const char *const known[] = { "kind",        "urgency",      "accept_hours",
                                         "accept_days", "answer_hours", "answer_days",
                                         NULL };

    if (known_only(x, known, e))
        return e->code;
    p->urgency = -1;
    if (!order_kind_parse(yaml_str(x, "kind"), &p->kind))
        return yaml_fail(x, "没有这种诉求类型（kind）", e);
    if (yaml_get(x, "urgency") &&
        (!yaml_int(x, "urgency", &p->urgency) || p->urgency < 0 || p->urgency >= ORDER_URGENCIES))
        return yaml_fail(x, "urgency 应为 0 到 3", e);
    if (amount(x, "accept_hours", HOURS_MAX, &p->accept_hours, e) ||
        amount(x, "accept_days", DAYS_MAX, &p->accept_days, e) ||
        amount(x, "answer_hours", HOURS_MAX, &p->answer_hours, e) ||
        amount(x, "answer_days", DAYS_MAX, &p->answer_days, e))
        return e->code;
    if (!p->accept_hours == !p->accept_days || !p->answer_hours == !p->answer_days)
        return yaml_fail(x, "签收和答复各写一个时限：小时（hours）或工作日（days）", e);
    return TB_OK;
}

static enum tb_code read_promises(struct workdays *w, const struct yaml *list, struct tb_err *e)
{
    const struct promise *last;

    if (list->kind != YAML_LIST || list->n == 0)
        return yaml_fail(list, "应为时限的列表", e);
    w->promises = ARENA_ARRAY(&w->mem, struct promise, list->n);
    for (size_t i = 0; i < list->n; i++)
        if (read_promise(list->items[i], &w->promises[i], e))
            return e->code;
    w->promise_n = list->n;
    last = &w->promises[list->n - 1];
    if (last->kind || last->urgency >= 0)
        return yaml_fail(list->items[list->n - 1], "最后一行要对所有诉求都适用", e);
    return TB_OK;
}

enum tb_code workdays_load(const char *share_dir, struct workdays **out, struct tb_err *e)
{
    struct workdays *w = tb_zalloc(sizeof(*w));
    char *dir = fs_join(&w->mem, share_dir, "rules");
    struct yaml *years, *promises;

    *out = NULL;
    if (yaml_load(&w->mem, fs_join(&w->mem, dir, "holidays.yaml"), &years, e) ||
        read_years(w, years, e) ||
        yaml_load(&w->mem, fs_join(&w->mem, dir, "order_deadlines.yaml"), &promises, e) ||
        read_promises(w, promises, e)) {
        workdays_free(w);
        return e->code;
    }
    *out = w;
    return TB_OK;
}

void workdays_free(struct workdays *w)
{
    if (!w)
        return;
    arena_release(&w->mem);
    tb_free(w);
}

static const struct year *year_of(const struct workdays *w, int number)
{
    for (size_t i = 0; i < w->year_n; i++)
        if (w->years[i].number == number)
            return &w->years[i];
    return NULL;
}

bool workdays_knows(const struct workdays *w, int year)
{
    return year_of(w, year) != NULL;
}

bool workdays_is(const struct workdays *w, int32_t day)
{
    bool weekday = ((day + 3) % 7 + 7) % 7 < 5; /* 1970-01-01 was a Thursday; 0 is Monday */
    const struct year *y;
    int number, m, d;

    day_split(day, &number, &m, &d);
    y = year_of(w, number);
    for (size_t i = 0; y && i < y->work_n; i++)
        if (y->work[i] == day)
            return true;
    for (size_t i = 0; y && i < y->off_n; i++)
        if (day >= y->off[i].from && day <= y->off[i].to)
            return false;
    return weekday;
}

int32_t workdays_after(const struct workdays *w, int32_t day, int n)
{
    while (n > 0)
        n -= workdays_is(w, ++day);
    while (!workdays_is(w, day))
        day++;
    return day;
}

struct str workdays_warning(const struct workdays *w, struct arena *a, int64_t at)
{
    int year, m, d;

    day_split(day_from_ms(at) + AHEAD_DAYS, &year, &m, &d);
    if (workdays_knows(w, year))
        return STR("");
    return arena_printf(
        a, "没有%d年的节假日安排，办理期限只按周末推算；请在 rules/holidays.yaml 补上", year);
}

static int64_t days_end(const struct workdays *w, int64_t at, int64_t days)
{
    int32_t last = workdays_after(w, day_from_ms(at), (int)days);

    return (last * (int64_t)24 + DAY_ENDS_H - 8) * hour_ms; /* UTC+8 */
}

struct deadline workdays_deadline(const struct workdays *w, enum order_kind kind, int64_t urgency,
                                  int64_t at, int days)
{
    const struct promise *p = w->promises;

    while ((p->kind && p->kind != kind) || (p->urgency >= 0 && p->urgency != urgency))
        p++; /* the last row fits all */
    return (struct deadline){
        .accept_by =
            p->accept_hours ? at + p->accept_hours * hour_ms : days_end(w, at, p->accept_days),
        .due_at = p->answer_hours ? at + p->answer_hours * hour_ms
                                  : days_end(w, at, days > 0 ? days : p->answer_days),
    };
}
