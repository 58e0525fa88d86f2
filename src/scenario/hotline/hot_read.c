#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "scenario/hotline/hot.h"

enum { FILE_BYTES = 1 << 30 };
static const int64_t day_ms = 24 * 3600 * 1000LL, zone_ms = 8 * 3600 * 1000LL;

/* The numbers of a time in its order, whatever stands between them. */
static size_t numbers(struct str s, int *v, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n && n < max;) {
        int64_t x = 0;

        if (s.p[i] < '0' || s.p[i] > '9') {
            i++;
            continue;
        }
        for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
            x = x < 100000 ? x * 10 + (s.p[i] - '0') : x;
        v[n++] = (int)x;
    }
    return n;
}

static bool time_of(const struct json_value *v, int64_t *out)
{
    int x[6] = { 0 };
    int32_t day;

    if (!json_is_str(v)) {
        *out = json_i64(v, 0);
        return *out > 0;
    }
    if (numbers(json_text(v), x, 6) < 3)
        return false;
    day = day_of(x[0], x[1], x[2]);
    if (day == DAY_NONE || x[3] > 24 || x[4] > 59 || x[5] > 60)
        return false;
    *out = (int64_t)day * day_ms - zone_ms + ((x[3] * 60LL + x[4]) * 60 + x[5]) * 1000;
    return true;
}

static bool message(struct arena *a, struct str line, struct hot_message *out)
{
    const struct json_value *v;
    struct tb_err e = TB_ERR_INIT;

    if (json_read(a, line, &v, &e) || !json_is_obj(v))
        return false;
    *out = (struct hot_message){ .id = json_get_int(v, "id", 0),
                                 .user = json_get_str(v, "user"),
                                 .title = json_get_str(v, "title"),
                                 .text = json_get_str(v, "text"),
                                 .up = json_get_int(v, "up", 0),
                                 .down = json_get_int(v, "down", 0),
                                 .place = json_get_str(v, "place") };
    if (!out->title.n && !out->text.n)
        return false;
    (void)time_of(json_get(v, "time"), &out->at);
    return true;
}

enum tb_code hot_read(struct arena *a, const char *path, struct hot_message **out, size_t *n,
                      size_t *skipped, struct tb_err *e)
{
    struct str rest;
    size_t cap = 0;

    *n = *skipped = 0;
    *out = NULL;
    if (fs_read(a, path, FILE_BYTES, &rest, e))
        return e->code;
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, STR("\n")));

        if (!line.n)
            continue;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        if (message(a, line, &(*out)[*n]))
            ++*n;
        else
            ++*skipped;
    }
    if (!*n)
        return tb_fail(e, TB_INVALID, "文件里没有诉求：每行应为 {\"title\", \"text\", …}",
                       "path=%s skipped=%zu", path, *skipped);
    return TB_OK;
}
