/* `tongban key …`: applications' keys from the machine itself. A running server takes a change over
 * within a second. Everything stands in the trail. */
#include "store/key.h"
#include "base/date.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "store/books.h"

#include <stdio.h>
#include <string.h>

static const int64_t day_ms = 86400000, zone_ms = 8 * 3600000LL, hour_ms = 3600000;
enum { GRACE_HOURS = 24 };

struct key_run {
    struct cli *cli;
    struct talk t;
    const char *department, *priority, *keeping, *injection, *scopes, *models, *addresses;
    const char *requests_minute, *tokens_minute, *tokens_day, *concurrent, *expires, *note, *grace;
};

/* -- printing -- */

static const char *state_of(const struct key *k, int64_t now)
{
    return k->revoked_at ? "已停用" : k->expires_at && now >= k->expires_at ? "已到期" : "有效";
}

static void words_json(struct json *j, const char *name, const struct key_words *w)
{
    json_karr(j, name);
    for (size_t i = 0; i < w->n; i++)
        json_str(j, w->v[i]);
    json_end(j);
}

static void key_json(struct json *j, const struct key *k)
{
    json_obj(j);
    json_kint(j, "id", k->id);
    json_kstr(j, "name", k->name);
    json_kstr(j, "department", k->department);
    json_kstr(j, "hint", k->hint);
    json_kstr(j, "priority", str_z(priority_name(k->priority)));
    json_kstr(j, "keeping", str_z(keeping_name(k->keeping)));
    json_kstr(j, "injection", str_z(injected_name(k->injected)));
    words_json(j, "scopes", &k->scopes);
    words_json(j, "models", &k->models);
    words_json(j, "addresses", &k->addresses);
    json_kint(j, "requests_minute", k->limits.requests_minute);
    json_kint(j, "tokens_minute", k->limits.tokens_minute);
    json_kint(j, "tokens_day", k->limits.tokens_day);
    json_kint(j, "concurrent", k->limits.concurrent);
    json_kday(j, "expires_on", k->expires_at ? day_from_ms(k->expires_at - 1) : DAY_NONE);
    json_ktime(j, "revoked_at", k->revoked_at);
    json_ktime(j, "created_at", k->created_at);
    json_kstr(j, "created_by", k->created_by);
    json_kstr(j, "note", k->note);
    json_end(j);
}

static enum tb_code key_all(void *run, struct tb_err *e)
{
    struct key_run *u = run;
    struct buf b = BUF_INIT(64 << 20);
    struct json j = JSON_INIT(&b);
    int64_t now = world_now_ms(u->t.world);
    struct key *all;
    size_t n;

    if (owner_words(u->cli, 1, "tongban key list [--department 部门]", e) ||
        key_list(u->t.db, &u->t.mem, str_z(u->department), &all, &n, e))
        return e->code;
    json_arr(&j);
    for (size_t i = 0; i < n; i++) {
        const struct key *k = &all[i];

        key_json(&j, k);
        if (!u->cli->json)
            printf("%.*s…  %-8s %-4s  %.*s  %.*s\n", STR_FMT(k->hint), state_of(k, now),
                   priority_title(k->priority), STR_FMT(k->name), STR_FMT(k->department_name));
    }
    json_end(&j);
    if (u->cli->json)
        printf("%s\n", b.p);
    buf_release(&b);
    return TB_OK;
}

static void say_secret(struct key_run *u, const struct key *k, const char *secret)
{
    if (u->cli->json)
        printf("{\"id\":%lld,\"secret\":\"%s\"}\n", (long long)k->id, secret);
    else
        printf("%.*s 的密钥（只显示这一次，请交给应用的管理者妥善保管）：\n%s\n", STR_FMT(k->name),
               secret);
}

static void say_done(struct key_run *u, const struct key *k, const char *what)
{
    if (u->cli->json)
        printf("{\"id\":%lld,\"done\":true}\n", (long long)k->id);
    else
        printf("%.*s %s\n", STR_FMT(k->name), what);
}

/* -- options -- */

static void words_of(struct arena *a, const char *text, struct key_words *out)
{
    struct str rest = str_z(text);

    if (!text)
        return;
    *out = (struct key_words){ ARENA_ARRAY(a, struct str, rest.n + 1), 0 };
    while (rest.p) {
        struct str word = str_trim(str_cut(&rest, STR(",")));

        if (word.n)
            out->v[out->n++] = word;
    }
}

static enum tb_code number_of(struct key_run *u, const char *option, const char *text, int64_t *out,
                              struct tb_err *e)
{
    struct str say;

    if (!text || (str_i64(str_z(text), out) && *out >= 0))
        return TB_OK;
    say = arena_printf(&u->t.mem, "%s 应为不小于 0 的整数", option);
    return tb_fail_say(e, TB_INVALID, say, say);
}

static enum tb_code expiry_of(const char *text, int64_t *out, struct tb_err *e)
{
    int32_t day;

    if (!text)
        return TB_OK;
    *out = 0;
    if (strcmp(text, "never") == 0)
        return TB_OK;
    if (!day_parse(str_z(text), &day))
        return tb_fail(e, TB_INVALID, "--expires 应写成 2027-12-31 的形式，或者 never", "expires");
    *out = (day + 1) * day_ms - zone_ms;
    return TB_OK;
}

static enum tb_code options_take(struct key_run *u, struct key *k, struct tb_err *e)
{
    struct arena *a = &u->t.mem;

    if (u->priority && !priority_parse(str_z(u->priority), &k->priority))
        return tb_fail(e, TB_INVALID, "--priority 应为 hotline、window、staff 或 batch",
                       "priority");
    if (u->keeping && !keeping_parse(str_z(u->keeping), &k->keeping))
        return tb_fail(e, TB_INVALID, "--keeping 应为 full、masked 或 digest", "keeping");
    if (u->injection && !injected_parse(str_z(u->injection), &k->injected))
        return tb_fail(e, TB_INVALID, "--injection 应为 refuse 或 mark", "injection");
    words_of(a, u->scopes, &k->scopes);
    words_of(a, u->models, &k->models);
    words_of(a, u->addresses, &k->addresses);
    if (u->note)
        k->note = str_trim(str_z(u->note));
    if (number_of(u, "--requests-minute", u->requests_minute, &k->limits.requests_minute, e) ||
        number_of(u, "--tokens-minute", u->tokens_minute, &k->limits.tokens_minute, e) ||
        number_of(u, "--tokens-day", u->tokens_day, &k->limits.tokens_day, e) ||
        number_of(u, "--concurrent", u->concurrent, &k->limits.concurrent, e) ||
        expiry_of(u->expires, &k->expires_at, e))
        return e->code;
    return TB_OK;
}

/* -- verbs -- */

static enum tb_code key_make(void *run, struct tb_err *e)
{
    struct key_run *u = run;
    struct key k = { .priority = PRIORITY_STAFF, .keeping = KEEPING_MASKED };
    char secret[KEY_SECRET];

    if (owner_words(u->cli, 2, "tongban key add 名称 --department 部门 [选项]", e) ||
        options_take(u, &k, e))
        return e->code;
    k.name = str_z(u->cli->argv[1]);
    k.department = str_z(u->department);
    if (key_add(&u->t, &k, secret, e))
        return e->code;
    say_secret(u, &k, secret);
    return TB_OK;
}

static enum tb_code find(struct key_run *u, const char *how, struct key *k, struct tb_err *e)
{
    if (owner_words(u->cli, 2, how, e))
        return e->code;
    return key_named(u->t.db, &u->t.mem, str_z(u->cli->argv[1]), k, e);
}

static enum tb_code key_set(void *run, struct tb_err *e)
{
    struct key_run *u = run;
    struct key k;

    if (find(u, "tongban key set 名称 [选项]", &k, e) || options_take(u, &k, e) ||
        key_change(&u->t, &k, e))
        return e->code;
    say_done(u, &k, "已更改，一秒内生效");
    return TB_OK;
}

static enum tb_code key_end(void *run, struct tb_err *e)
{
    struct key_run *u = run;
    struct key k;

    if (find(u, "tongban key revoke 名称", &k, e) || key_revoke(&u->t, &k, e))
        return e->code;
    say_done(u, &k, "已停用，正在进行的回答一秒内中断");
    return TB_OK;
}

static enum tb_code key_renew(void *run, struct tb_err *e)
{
    struct key_run *u = run;
    int64_t hours = GRACE_HOURS;
    char secret[KEY_SECRET];
    struct key k;

    if (find(u, "tongban key rotate 名称 [--grace-hours 小时]", &k, e) ||
        number_of(u, "--grace-hours", u->grace, &hours, e))
        return e->code;
    if (hours > KEY_GRACE_MAX_DAYS * 24)
        return tb_fail(e, TB_INVALID, "旧密钥的宽限期应为 0 到 720 小时", "grace_hours=%lld",
                       (long long)hours);
    if (key_rotate(&u->t, &k, hours * hour_ms, secret, e))
        return e->code;
    say_secret(u, &k, secret);
    return TB_OK;
}

static enum tb_code key_keep(void *run, struct tb_err *e)
{
    struct key_run *u = run;
    int64_t days;

    if (u->cli->argc == 2) {
        if (owner_words(u->cli, 2, "tongban key keep [天数]", e) ||
            number_of(u, "天数", u->cli->argv[1], &days, e) || books_keep_days_set(&u->t, days, e))
            return e->code;
    } else if (owner_words(u->cli, 1, "tongban key keep [天数]", e)) {
        return e->code;
    }
    if (books_keep_days(u->t.db, &days, e))
        return e->code;
    if (u->cli->json)
        printf("{\"keep_days\":%lld}\n", (long long)days);
    else
        printf("调用内容保留 %lld 天\n", (long long)days);
    return TB_OK;
}

static const struct owner_verb verbs[] = {
    { "list", key_all },   { "add", key_make },     { "set", key_set },
    { "revoke", key_end }, { "rotate", key_renew }, { "keep", key_keep },
};

static enum tb_code key_command(struct cli *c, struct tb_err *e)
{
    struct key_run u = { .cli = c,
                         .department = cli_option(c, "--department"),
                         .priority = cli_option(c, "--priority"),
                         .keeping = cli_option(c, "--keeping"),
                         .injection = cli_option(c, "--injection"),
                         .scopes = cli_option(c, "--scopes"),
                         .models = cli_option(c, "--models"),
                         .addresses = cli_option(c, "--addresses"),
                         .requests_minute = cli_option(c, "--requests-minute"),
                         .tokens_minute = cli_option(c, "--tokens-minute"),
                         .tokens_day = cli_option(c, "--tokens-day"),
                         .concurrent = cli_option(c, "--concurrent"),
                         .expires = cli_option(c, "--expires"),
                         .note = cli_option(c, "--note"),
                         .grace = cli_option(c, "--grace-hours") };

    return owner_run(c, 0, verbs, sizeof(verbs) / sizeof(verbs[0]), &u.t, &u, e);
}

const struct cli_command cli_key = {
    "key",
    "管理应用的密钥",
    "用法：tongban key list [--department 部门]\n"
    "      tongban key add 名称 --department 部门 [选项]\n"
    "      tongban key set 名称 [选项]\n"
    "      tongban key revoke 名称\n"
    "      tongban key rotate 名称 [--grace-hours 小时]\n"
    "      tongban key keep [天数]\n"
    "\n"
    "  --priority 级别        hotline 热线、window 窗口、staff 办公（默认）、batch 批量\n"
    "  --keeping 方式         调用内容怎样留存：full 全文加密、masked 脱敏（默认）、digest "
    "只留摘要值\n"
    "  --injection 处理       请求里夹带指挥模型的话时：refuse 拦下（默认）、mark 标记后放行\n"
    "  --scopes 用途,用途     chat、completion、embedding、rerank、speech、model；不写不限\n"
    "  --models 模型,模型     可用的模型或路由，末尾可用 *；不写不限\n"
    "  --addresses 网段,网段  允许的来源地址，如 10.1.0.0/16,2001:db8::/32；不写不限\n"
    "  --requests-minute N    每分钟请求数；0 不限，下同\n"
    "  --tokens-minute N      每分钟 token 数\n"
    "  --tokens-day N         每天 token 数\n"
    "  --concurrent N         同时进行的请求数\n"
    "  --expires 日期         有效到这一天（含）；never 不过期\n"
    "  --note 说明\n"
    "\n"
    "密钥只显示一次。revoke 立即停用，不可恢复；rotate 换新密钥，旧的在宽限期（默认 24 "
    "小时）内仍可用。\n"
    "keep 看或改调用内容（提示词和回答）保留的天数，默认 180 天；用量、摘要值和审计记录一直保留。\n"
    "服务运行时也可以执行，一秒内生效。平时由安全保密员在网页上管理。\n"
    "\n"
    "例：\n"
    "  tongban key add 窗口系统 --department minzheng --priority window --requests-minute 600\n"
    "  tongban key rotate 窗口系统 --grace-hours 2\n"
    "  tongban key revoke 窗口系统",
    key_command,
};
