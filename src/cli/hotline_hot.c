/* `tongban hotline hot`: the hottest issues of a file of messages, named and explained. Its last
 * line is JSON. */
#include "scenario/hotline/hot.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "cli/hotline.h"

#include <stdio.h>

struct hot_run {
    const char *file;
    int64_t top, members;
    int64_t took_ms;
    size_t n, skipped, issue_n;
    struct hot_message *m;
    struct hot_issue *issue;
    struct hot_rules *rules;
};

static enum tb_code read_options(struct cli *c, struct hot_run *u, struct tb_err *e)
{
    const char *top = cli_option(c, "--top"), *members = cli_option(c, "--members");

    u->file = cli_option(c, "--file");
    u->top = 5;
    u->members = 200;
    if (cli_no_more_options(c, e))
        return e->code;
    if (!u->file)
        return tb_fail(e, TB_INVALID, "请写明诉求文件：--file 文件.jsonl", "no --file");
    if ((top && (!str_i64(str_z(top), &u->top) || u->top < 1)) ||
        (members && (!str_i64(str_z(members), &u->members) || u->members < 0)))
        return tb_fail(e, TB_INVALID, "--top 和 --members 后面应为整数", "top=%s members=%s", top,
                       members);
    return TB_OK;
}

static void parts_json(const struct hot_run *u, const struct hot_issue *x, struct json *j)
{
    json_karr(j, "parts");
    for (size_t i = 0; i < HOT_PARTS; i++) {
        json_obj(j);
        json_kstr(j, "title", u->rules->part[i].title);
        json_kreal(j, "value", x->value[i]);
        json_kreal(j, "points", x->points[i]);
        json_end(j);
    }
    json_end(j);
}

static void phrases_json(const struct hot_issue *x, struct json *j)
{
    json_karr(j, "phrases");
    for (size_t i = 0; i < x->phrase_n; i++) {
        json_obj(j);
        json_kstr(j, "text", x->phrase[i].text);
        json_kint(j, "count", (int64_t)x->phrase[i].count);
        json_end(j);
    }
    json_end(j);
}

static void issue_json(const struct hot_run *u, const struct hot_issue *x, size_t rank,
                       struct json *j)
{
    json_obj(j);
    json_kint(j, "rank", (int64_t)rank);
    json_kstr(j, "name", x->name);
    json_kstr(j, "place", x->place);
    json_kstr(j, "subject", x->subject);
    json_kreal(j, "heat", x->heat);
    json_kint(j, "count", (int64_t)x->n);
    json_kint(j, "people", (int64_t)x->people);
    json_kint(j, "votes", x->votes);
    json_ktime(j, "first", x->first);
    json_ktime(j, "last", x->last);
    json_kreal(j, "growth", x->growth);
    json_kreal(j, "mood", x->mood);
    json_kstr(j, "why", x->why);
    parts_json(u, x, j);
    phrases_json(x, j);
    json_karr(j, "members");
    for (size_t i = 0; i < x->n && i < (size_t)u->members; i++)
        json_int(j, x->member[i]->id);
    json_end(j);
    json_end(j);
}

static void report(const struct cli *c, const struct hot_run *u)
{
    struct buf b = BUF_INIT(16 << 20);
    struct json j = JSON_INIT(&b);

    for (size_t i = 0; i < u->issue_n && !c->json; i++)
        printf("%zu. %.*s（热度 %.1f）\n   %.*s\n", i + 1, STR_FMT(u->issue[i].name),
               u->issue[i].heat, STR_FMT(u->issue[i].why));
    json_obj(&j);
    json_kint(&j, "messages", (int64_t)u->n);
    json_kint(&j, "skipped", (int64_t)u->skipped);
    json_kint(&j, "took_ms", u->took_ms);
    json_karr(&j, "issues");
    for (size_t i = 0; i < u->issue_n; i++)
        issue_json(u, &u->issue[i], i + 1, &j);
    json_end(&j);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

enum tb_code hotline_hot(struct cli *c, struct tb_err *e)
{
    struct hot_run u = { 0 };
    const struct world *w = world_real();
    int64_t from = world_mono_us(w);

    if (read_options(c, &u, e) ||
        hot_rules_load(&c->mem, fs_join(&c->mem, share_dir(&c->mem), "rules/hotline_hot.yaml"),
                       &u.rules, e) ||
        hot_read(&c->mem, u.file, &u.m, &u.n, &u.skipped, e))
        return e->code;
    hot_find(&c->mem, u.rules, u.m, u.n, &(struct hot_wish){ .top = (size_t)u.top }, &u.issue,
             &u.issue_n);
    u.took_ms = (world_mono_us(w) - from) / 1000;
    report(c, &u);
    return TB_OK;
}
