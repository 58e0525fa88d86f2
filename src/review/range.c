#include "review/range.h"

#include <string.h>

static bool starts_any(struct str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_starts(s, str_z(words[i])))
            return true;
    return false;
}
#define STARTS_ANY(s, words) starts_any(s, words, sizeof(words) / sizeof(words[0]))

static const char *const to[] = { "至",   "到",   "—",    "～",     "~",     "-",
                                  "以上", "不足", "不满", "（含）", "及以上" };
static const char *const at_least[] = { "以上", "及以上", "（含）以上" };
static const char *const at_most[] = { "以下", "以内", "及以下", "（含）以下" };

/* 不足10年, 不满10年 leave the end out. */
static bool end_left_out(struct str between)
{
    return str_has(between, STR("不足")) || str_has(between, STR("不满"));
}

static bool same_unit(const struct fact *x, const struct fact *y)
{
    struct fact like = *y;

    like.value = x->value;
    return fact_same(x, &like);
}

static bool holds_from(struct str text, const struct fact *f, const struct fact *next, double v)
{
    struct str after = str_from(text, (size_t)(f->text.p - text.p) + f->text.n);
    bool range = next && same_unit(f, next) && next->value > f->value && STARTS_ANY(after, to) &&
                 next->text.p - (after.p) <= 24;

    if (range)
        return f->value <= v && (end_left_out(str_sub(after, 0, (size_t)(next->text.p - after.p)))
                                     ? v < next->value
                                     : v <= next->value);
    if (STARTS_ANY(after, at_most))
        return v <= f->value;
    return STARTS_ANY(after, at_least) && v >= f->value;
}

/* The second number of a range says nothing by itself. */
static bool ends_range(struct str text, const struct fact *before, const struct fact *f)
{
    struct str after = str_from(text, (size_t)(before->text.p - text.p) + before->text.n);

    return same_unit(before, f) && before->value < f->value && STARTS_ANY(after, to) &&
           f->text.p - after.p <= 24;
}

bool range_holds(struct str text, const struct fact_list *facts, const struct fact *asked)
{
    const struct fact *before = NULL;

    if (asked->kind != FACT_NUMBER || asked->value <= 1)
        return false;
    for (size_t i = 0; i < facts->n; i++) {
        const struct fact *f = &facts->v[i];
        bool number = f->kind == FACT_NUMBER;

        if (number && same_unit(asked, f) && !(before && ends_range(text, before, f)) &&
            holds_from(text, f,
                       i + 1 < facts->n && facts->v[i + 1].kind == FACT_NUMBER ? f + 1 : NULL,
                       asked->value))
            return true;
        before = number ? f : NULL;
    }
    return false;
}

bool range_holds_any(struct str text, const struct fact_list *facts, const struct fact_list *asked)
{
    for (size_t i = 0; i < asked->n; i++)
        if (range_holds(text, facts, &asked->v[i]))
            return true;
    return false;
}
