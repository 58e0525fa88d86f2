/* `tongban hotline warn`: a file of messages lived through day by day: what would have been warned
 * of, and when. Its last line is JSON. */
#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "cli/hotline.h"
#include "scenario/hotline/warn.h"

#include <stdio.h>

enum { KNOWN_MAX = 4096 };
static const int64_t day_ms = 24 * 3600 * 1000LL, zone_ms = 8 * 3600000LL;

struct known { /* a message of an issue that was warned of */
    int64_t id, at;
};
struct warn_run {
    struct cli *cli;
    struct hot_rules *rules;
    struct hot_message *m;
    size_t n, skipped;
    int32_t from, to;
    struct known known[KNOWN_MAX];
    size_t known_n, days, warnings;
    struct buf out;
    struct json j;
};

static enum tb_code read_options(struct warn_run *u, struct tb_err *e)
{
    struct cli *c = u->cli;
    const char *file = cli_option(c, "--file"), *from = cli_option(c, "--from"),
               *to = cli_option(c, "--to");
    int32_t first = INT32_MAX, last = INT32_MIN;

    if (cli_no_more_options(c, e))
        return e->code;
    if (!file)
        return tb_fail(e, TB_INVALID, "请写明诉求文件：--file 文件.jsonl", "no --file");
    if (hot_read(&c->mem, file, &u->m, &u->n, &u->skipped, e))
        return e->code;
    for (size_t i = 0; i < u->n; i++) {
        int32_t day = day_from_ms(u->m[i].at);

        first = day < first ? day : first;
        last = day > last ? day : last;
    }
    u->from = first + 14; /* a past to expect from */
    u->to = last;
    if ((from && !day_parse(str_z(from), &u->from)) || (to && !day_parse(str_z(to), &u->to)))
        return tb_fail(e, TB_INVALID, "--from 和 --to 后面应为日期，如 2026-11-21", "from=%s to=%s",
                       from, to);
    return TB_OK;
}

/* An issue is warned of once: a part of its messages were in an earlier warning. */
static bool known_already(const struct warn_run *u, const struct hot_issue *x)
{
    size_t same = 0;

    for (size_t i = 0; i < x->n; i++)
        for (size_t k = 0; k < u->known_n; k++)
            same += u->known[k].id == x->member[i]->id && u->known[k].at == x->member[i]->at;
    return same * 10 >= x->n || same >= 3;
}

static void keep(struct warn_run *u, const struct hot_issue *x)
{
    for (size_t i = 0; i < x->n && u->known_n < KNOWN_MAX; i++)
        u->known[u->known_n++] = (struct known){ x->member[i]->id, x->member[i]->at };
}

static void tell(struct warn_run *u, int32_t day, const struct warning *w)
{
    char text[16];

    u->warnings++;
    if (!u->cli->json)
        printf("%s  %.*s\n", day_text(day, text).p, STR_FMT(w->say));
    json_obj(&u->j);
    json_kday(&u->j, "day", day);
    json_kstr(&u->j, "name", w->issue.name);
    json_kint(&u->j, "people", (int64_t)w->people);
    json_kreal(&u->j, "expected", w->expected);
    json_kstr(&u->j, "say", w->say);
    json_karr(&u->j, "members");
    for (size_t i = 0; i < w->issue.n; i++)
        json_int(&u->j, w->issue.member[i]->id);
    json_end(&u->j);
    json_end(&u->j);
}

/* Looked at eight in the morning of the next day, and at the end of each: here, the end. */
static void live(struct warn_run *u, int32_t day)
{
    struct arena a = ARENA_INIT;
    struct warning *w;
    size_t n;

    warn_find(&a, u->rules, u->m, u->n, (int64_t)(day + 1) * day_ms - zone_ms - 1, &w, &n);
    for (size_t i = 0; i < n; i++) {
        if (!known_already(u, &w[i].issue))
            tell(u, day, &w[i]);
        keep(u, &w[i].issue);
    }
    u->days++;
    arena_release(&a);
}

enum tb_code hotline_warn(struct cli *c, struct tb_err *e)
{
    struct warn_run *u = ARENA_NEW(&c->mem, struct warn_run);

    *u = (struct warn_run){ .cli = c };
    u->out = (struct buf)BUF_INIT(16 << 20);
    u->j = (struct json)JSON_INIT(&u->out);
    if (hot_rules_load(&c->mem, fs_join(&c->mem, share_dir(&c->mem), "rules/hotline_hot.yaml"),
                       &u->rules, e) ||
        read_options(u, e))
        return e->code;
    json_obj(&u->j);
    json_karr(&u->j, "warnings");
    for (int32_t day = u->from; day <= u->to; day++)
        live(u, day);
    json_end(&u->j);
    json_kint(&u->j, "days", (int64_t)u->days);
    json_kint(&u->j, "count", (int64_t)u->warnings);
    json_end(&u->j);
    printf("%s\n", u->out.p);
    buf_release(&u->out);
    return TB_OK;
}
