/* `tongban hotline sample`: the sample city's messages as a file, with the matter each belongs to,
 * for trying clusters and duplicates on. */
#include "scenario/hotline/sample.h"

#include "base/date.h"
#include "base/json.h"
#include "cli/hotline.h"
#include "scenario/hotline/places.h"

#include <stdio.h>

static enum tb_code read_options(struct cli *c, const char **city, struct sample_wish *w,
                                 struct tb_err *e)
{
    const char *count = cli_option(c, "--count"), *seed = cli_option(c, "--seed"),
               *today = cli_option(c, "--today");
    int64_t n = 0, s = 1;

    *city = cli_option(c, "--city");
    if (!*city)
        *city = "demo";
    if (cli_no_more_options(c, e))
        return e->code;
    w->today = day_today(world_real());
    if ((count && (!str_i64(str_z(count), &n) || n < 1)) || (seed && !str_i64(str_z(seed), &s)))
        return tb_fail(e, TB_INVALID, "--count 和 --seed 后面应为整数", "count=%s seed=%s", count,
                       seed);
    if (today && !day_parse(str_z(today), &w->today))
        return tb_fail(e, TB_INVALID, "--today 后面应为日期，如 2026-11-21", "today=%s", today);
    w->count = (size_t)n;
    w->seed = (uint64_t)s;
    return TB_OK;
}

static void print_one(const struct sample_message *x, size_t id)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);
    struct arena a = ARENA_INIT;

    json_obj(&j);
    json_kint(&j, "id", (int64_t)id);
    json_kstr(&j, "user", arena_printf(&a, "P%06zu", x->asker_no));
    json_ktime(&j, "time", x->at);
    json_kstr(&j, "title", x->title);
    json_kstr(&j, "text", x->text);
    json_kint(&j, "up", x->votes);
    json_kint(&j, "down", 0);
    json_kstr(&j, "label", x->class1);
    json_kstr(&j, "department", x->department);
    json_kstr(&j, "kind", x->kind);
    json_kstr(&j, "place", x->place->name);
    json_kint(&j, "case", (int64_t)x->case_no);
    json_kstr(&j, "event", x->event);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
    arena_release(&a);
}

enum tb_code hotline_sample(struct cli *c, struct tb_err *e)
{
    struct sample_wish wish = { 0 };
    struct sample_message *all;
    struct places *places;
    const char *city;
    size_t n;

    if (read_options(c, &city, &wish, e) || sample_make(&c->mem, city, &wish, &places, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        print_one(&all[i], i + 1);
    return TB_OK;
}
