/* `tongban search "…"`: the clauses alone, with what speaks for each. */
#include "knowledge/search.h"
#include "base/date.h"
#include "cli/commands.h"
#include "cli/rooms.h"
#include "knowledge/clause.h"

#include <stdio.h>

static void print_text(const struct search_result *r)
{
    for (size_t i = 0; i < r->passages.n; i++) {
        const struct passage *p = &r->passages.items[i];

        printf("%zu. 《%.*s》%.*s  %s  %.1f\n   %.*s\n", i + 1, STR_FMT(p->title),
               STR_FMT(p->clause), validity_title(p->validity), p->score, STR_FMT(p->text));
    }
    if (r->passages.n == 0)
        printf("没有找到。换个说法试试，或加 --any 连同失效的一起找。\n");
}

static void print_json(const struct search_result *r)
{
    struct buf b = BUF_INIT(16 * 1024 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kreal(&j, "confidence", r->confidence);
    json_kreal(&j, "ms", (double)r->total_us / 1000.0);
    json_karr(&j, "clauses");
    for (size_t i = 0; i < r->passages.n; i++)
        clause_json(&j, (int)i + 1, &r->passages.items[i]);
    json_end(&j);
    json_karr(&j, "marks");
    for (size_t i = 0; i < r->passages.n; i++) {
        json_obj(&j);
        json_kreal(&j, "cosine", (double)r->marks[i].cosine);
        json_kreal(&j, "cover", (double)r->marks[i].cover);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

static enum tb_code find(struct cli *c, struct rooms_opened *o, struct search_ask *ask,
                         const char *day, struct tb_err *e)
{
    struct search_result r;
    struct talk t;
    enum tb_code code;

    rooms_talk(o, &t, "cli");
    ask->as_of = t.as_of;
    if (day && !day_parse(str_z(day), &ask->as_of))
        return tb_fail(e, TB_INVALID, "日期写法应为 2026-11-21 这样", "as_of=%s", day);
    t.as_of = ask->as_of;
    code = search_find(o->at.search, &t, ask, &r, e);
    if (!code)
        (c->json ? print_json : print_text)(&r);
    arena_release(&t.mem);
    return code;
}

static enum tb_code run(struct cli *c, struct tb_err *e)
{
    const char *day = cli_option(c, "--as-of"), *limit = cli_option(c, "--limit");
    struct search_ask ask = { .any_validity = cli_flag(c, "--any"),
                              .no_embedding = cli_flag(c, "--words-only"),
                              .limit = 5,
                              .internal_too = true };
    struct rooms_opened o;
    enum tb_code code;
    int64_t n = 5;

    if (cli_no_more_options(c, e))
        return e->code;
    if (limit && (!str_i64(str_z(limit), &n) || n < 1 || n > 100))
        return tb_fail(e, TB_INVALID, "--limit 应为 1 到 100", "limit=%s", limit);
    if (c->argc != 1)
        return tb_fail(e, TB_INVALID, "请把要找的内容写成一个参数：tongban search \"内容\"",
                       "argc=%d", c->argc);
    ask.question = str_z(c->argv[0]);
    ask.limit = (int)n;
    if (rooms_open(c, ROOMS_SEARCH, NULL, &o, e))
        return e->code;
    code = find(c, &o, &ask, day, e);
    rooms_shut(&o);
    return code;
}

const struct cli_command cli_search = {
    "search",
    "查条款：列出与一句话最相关的条款",
    "用法：tongban search \"内容\" [--as-of 日期] [--any] [--words-only] [--limit N] [--data 目录] "
    "[--json]\n\n"
    "例子：\n  tongban search \"高龄津贴多少钱\"\n  tongban search \"落户\" --as-of 2022-01-01\n"
    "  tongban search \"积分入学\" --any   # 连同失效、废止、尚未施行的",
    run,
};
