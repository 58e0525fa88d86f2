#include "model/catalogue_int.h"

#include "base/date.h"

#include <stdarg.h>
#include <stdio.h>

enum { DAY = 24 * 60, ZONE_MS = 8 * 3600 * 1000, MINUTE_MS = 60000 };

enum tb_code field_fail(const struct yaml *at, struct tb_err *e, const char *fmt, ...)
{
    char what[300];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return yaml_fail(at, what, e);
}

enum tb_code field_known(const struct yaml *row, const char *const *keys, struct tb_err *e)
{
    for (size_t i = 0; row && row->kind == YAML_MAP && i < row->n; i++) {
        size_t k = 0;

        while (keys[k] && !str_eqz(row->keys[i], keys[k]))
            k++;
        if (!keys[k])
            return field_fail(row->items[i], e, "不认识的字段 %.*s，请检查拼写",
                              STR_FMT(str_sub(row->keys[i], 0, 60)));
    }
    return TB_OK;
}

enum tb_code field_int(const struct yaml *row, const char *key, int64_t least, int64_t most,
                       int64_t *out, struct tb_err *e)
{
    const struct yaml *at = yaml_get(row, key);

    if (at && (!yaml_int(row, key, out) || *out < least || *out > most))
        return field_fail(at, e, "%s 应为 %lld 到 %lld 之间的整数", key, (long long)least,
                          (long long)most);
    return TB_OK;
}

enum tb_code field_real(const struct yaml *row, const char *key, double least, double most,
                        double *out, struct tb_err *e)
{
    const struct yaml *at = yaml_get(row, key);

    if (at && (at->kind != YAML_SCALAR || !str_real(at->text, out) || !(*out >= least) ||
               !(*out <= most)))
        return field_fail(at, e, "%s 应为 %g 到 %g 之间的数", key, least, most);
    return TB_OK;
}

enum tb_code field_bool(const struct yaml *row, const char *key, bool *out, struct tb_err *e)
{
    const struct yaml *at = yaml_get(row, key);
    bool yes = yaml_bool(row, key, false);

    if (at && yes != yaml_bool(row, key, true))
        return field_fail(at, e, "%s 应为 true 或 false", key);
    if (at)
        *out = yes;
    return TB_OK;
}

enum tb_code field_list(struct arena *a, const struct yaml *row, const char *key,
                        struct str_list *out, struct tb_err *e)
{
    const struct yaml *at = yaml_get(row, key);
    size_t n = at && at->kind == YAML_SCALAR ? 1 : yaml_len(at);

    if (!at)
        return TB_OK;
    if (at->kind == YAML_MAP || !n)
        return field_fail(at, e, "%s 应为一个名称，或名称的列表", key);
    *out = (struct str_list){ ARENA_ARRAY(a, struct str, n), n };
    for (size_t i = 0; i < n; i++) {
        const struct yaml *one = at->kind == YAML_SCALAR ? at : at->items[i];

        out->items[i] = one->text;
        if (one->kind != YAML_SCALAR || !one->text.n)
            return field_fail(one, e, "%s 应为一个名称，或名称的列表", key);
    }
    return TB_OK;
}

enum tb_code field_rows(const struct yaml *top, const char *key, const struct yaml **rows,
                        struct tb_err *e)
{
    *rows = yaml_get(top, key);
    if (*rows && (*rows)->kind == YAML_SCALAR && !(*rows)->text.n)
        *rows = NULL; /* `engines:` with nothing after it */
    if (*rows && (*rows)->kind != YAML_LIST)
        return field_fail(*rows, e, "%s 应为列表，每项以“- ”开头", key);
    for (size_t i = 0; i < yaml_len(*rows); i++)
        if ((*rows)->items[i]->kind != YAML_MAP)
            return field_fail((*rows)->items[i], e, "%s 的每一项都应由“字段: 值”组成", key);
    return TB_OK;
}

/* ---- hours ---- */

static bool clock_of(struct str s, int *out)
{
    struct str h = str_cut(&s, STR(":"));
    int64_t hour, minute;

    if (!str_i64(h, &hour) || !str_i64(s, &minute) || hour < 0 || hour > 24 || minute < 0 ||
        minute > 59 || hour * 60 + minute > DAY)
        return false;
    *out = (int)(hour * 60 + minute);
    return true;
}

enum tb_code field_hours(const struct yaml *row, const char *key, struct hours *out,
                         struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str_list all = { NULL, 0 };
    enum tb_code c = field_list(&a, row, key, &all, e);

    for (size_t i = 0; !c && i < all.n; i++) {
        struct str rest = all.items[i], from = str_trim(str_cut(&rest, STR("-")));

        if (i == HOURS_MAX || !clock_of(from, &out->of[i % HOURS_MAX].from) ||
            !clock_of(str_trim(rest), &out->of[i % HOURS_MAX].until))
            c = field_fail(yaml_get(row, key), e, "%s 应形如 \"08:00-20:00\"，最多 %d 段", key,
                           HOURS_MAX);
        out->n = i + 1;
    }
    arena_release(&a);
    return c;
}

static int minute_of(int64_t now_ms)
{
    return (int)((now_ms + ZONE_MS) / MINUTE_MS % DAY);
}

bool hours_hold(const struct hours *h, int64_t now_ms)
{
    int m = minute_of(now_ms);

    for (size_t i = 0; i < h->n; i++) {
        int from = h->of[i].from, until = h->of[i].until;

        if (from < until ? m >= from && m < until : m >= from || m < until)
            return true;
    }
    return !h->n;
}

int64_t hours_until_ms(const struct hours *h, int64_t now_ms)
{
    int m = minute_of(now_ms), least = DAY;

    if (hours_hold(h, now_ms))
        return 0;
    for (size_t i = 0; i < h->n; i++) {
        int wait = (h->of[i].from - m + DAY) % DAY;

        if (wait < least)
            least = wait;
    }
    return (int64_t)least * MINUTE_MS - (now_ms + ZONE_MS) % MINUTE_MS;
}
