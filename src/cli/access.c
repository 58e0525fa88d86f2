/* `tongban access …`: the rules of access from the machine itself, for set-up and for the day on
 * which the second person is not there. Everything stands in the trail, as an emergency where it
 * counts. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "store/access_rules.h"

#include <stdio.h>
#include <string.h>

struct access_run {
    struct cli *cli;
    struct talk t;
};

static enum tb_code show(struct access_run *a, struct tb_err *e)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);
    struct access_rules r;

    if (access_rules_read(a->t.db, &r, e))
        return e->code;
    access_rules_json(&j, &r);
    if (a->cli->json)
        printf("%s\n", b.p);
    else
        printf("双人控制：%s\n说明用途：%s\n口令登录：%s\n规则：%s\n", r.dual ? "要" : "不要",
               r.purpose ? "要" : "不要", r.password ? "可以" : "不可以", b.p);
    buf_release(&b);
    return TB_OK;
}

static enum tb_code on_off(const char *word, bool *out, struct tb_err *e)
{
    if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0)
        return tb_fail(e, TB_INVALID, "请写 on 或 off", "word=%s", word);
    *out = strcmp(word, "on") == 0;
    return TB_OK;
}

static enum tb_code roles(const char *words, unsigned *out, struct tb_err *e)
{
    struct str rest = str_z(words);
    enum role role;

    *out = 0;
    while (rest.p && strcmp(words, "none") != 0) {
        if (!role_parse(str_trim(str_cut(&rest, STR(","))), &role))
            return tb_fail(e, TB_INVALID, "没有这种角色；都不要求请写 none", "roles=%s", words);
        *out |= 1u << role;
    }
    return TB_OK;
}

static enum tb_code set(struct access_run *a, struct tb_err *e)
{
    const char *how = "tongban access set dual|purpose|password|totp 值", *name, *value;
    struct access_rules r;
    enum tb_code c;

    if (owner_words(a->cli, 3, how, e) || access_rules_read(a->t.db, &r, e))
        return e->code;
    name = a->cli->argv[1];
    value = a->cli->argv[2];
    if (strcmp(name, "dual") == 0)
        c = on_off(value, &r.dual, e);
    else if (strcmp(name, "purpose") == 0)
        c = on_off(value, &r.purpose, e);
    else if (strcmp(name, "password") == 0)
        c = on_off(value, &r.password, e);
    else if (strcmp(name, "totp") == 0)
        c = roles(value, &r.totp_roles, e);
    else
        c = tb_fail(e, TB_INVALID, "要改什么？dual、purpose、password 或 totp", "name=%s", name);
    if (!c)
        c = access_rules_write(&a->t, &r, e);
    return c ? c : show(a, e);
}

static enum tb_code access_command(struct cli *c, struct tb_err *e)
{
    struct access_run a = { .cli = c };
    const char *verb = c->argc > 0 ? c->argv[0] : "show";
    struct rooms_opened o;
    enum tb_code code = rooms_open(c, 0, NULL, &o, e);

    if (code)
        return code;
    owner_talk(c, &o, &a.t);
    if (strcmp(verb, "show") == 0)
        code = show(&a, e);
    else if (strcmp(verb, "set") == 0)
        code = set(&a, e);
    else
        code = tb_fail(e, TB_INVALID, "要做什么？show 或 set", "verb");
    arena_release(&a.t.mem);
    rooms_shut(&o);
    return code;
}

const struct cli_command cli_access = {
    "access",
    "看、改访问规则",
    "用法：tongban access show\n"
    "      tongban access set dual on|off\n"
    "      tongban access set purpose on|off\n"
    "      tongban access set totp 角色,角色|none\n"
    "      tongban access set password on|off\n"
    "\n"
    "dual      双人控制：更改角色、开通管理账号、导出审计记录、更改这些规则要第二个人确认（默认 "
    "on）\n"
    "purpose   查看敏感内容先说明用途（默认 on）\n"
    "totp      这些角色必须绑定动态口令才能使用\n"
    "password  可不可以用口令登录；三员账号始终可以，以免统一认证出故障时没有人能进来\n"
    "平时由安全保密员在网页上改。从命令行改不需要第二个人，但审计里记为紧急操作。\n"
    "\n"
    "例：\n"
    "  tongban access set totp security_officer,system_admin,auditor",
    access_command,
};
