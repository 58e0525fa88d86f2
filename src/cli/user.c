/* `tongban user …`: accounts from the machine itself, for the first security officer and for the
 * day on which nobody can sign in. Everything stands in the trail. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "store/account.h"

#include <stdio.h>
#include <string.h>

struct user_run {
    struct cli *cli;
    struct talk t;
    const char *role, *department, *name, *title;
};

static void say_password(struct user_run *u, struct str login, const char *password)
{
    if (u->cli->json)
        printf("{\"login\":\"%.*s\",\"password\":\"%s\"}\n", STR_FMT(login), password);
    else
        printf("%.*s 的初始密码：%s（只显示这一次，第一次登录后必须修改）\n", STR_FMT(login),
               password);
}

static void say_done(struct user_run *u, struct str login, const char *what)
{
    if (u->cli->json)
        printf("{\"login\":\"%.*s\",\"done\":true}\n", STR_FMT(login));
    else
        printf("%.*s %s\n", STR_FMT(login), what);
}

static enum tb_code user_list(void *run, struct tb_err *e)
{
    struct user_run *u = run;
    struct buf b = BUF_INIT(64 << 20);
    struct json j = JSON_INIT(&b);
    struct staff *all;
    size_t n;

    if (owner_words(u->cli, 1, "tongban user list", e) ||
        staff_list(u->t.db, &u->t.mem, &all, &n, e))
        return e->code;
    json_arr(&j);
    for (size_t i = 0; i < n; i++) {
        const struct staff *s = &all[i];

        json_obj(&j);
        json_kstr(&j, "login", s->login);
        json_kstr(&j, "name", s->name);
        json_kstr(&j, "role", str_z(role_name(s->role)));
        json_kstr(&j, "department", s->department);
        json_kbool(&j, "disabled", s->disabled);
        json_kbool(&j, "must_change", s->must_change);
        json_end(&j);
        if (!u->cli->json)
            printf("%-20.*s %s  %.*s  %.*s%s\n", STR_FMT(s->login), role_title(s->role),
                   STR_FMT(s->name), STR_FMT(s->department_name), s->disabled ? "  已停用" : "");
    }
    json_end(&j);
    if (u->cli->json)
        printf("%s\n", b.p);
    buf_release(&b);
    return TB_OK;
}

static enum tb_code user_add(void *run, struct tb_err *e)
{
    struct user_run *u = run;
    char first[PASSWORD_FIRST];
    struct staff s = { 0 };

    if (owner_words(u->cli, 2, "tongban user add 登录名 --name 姓名 --role 角色 --department 部门",
                    e))
        return e->code;
    s.login = str_z(u->cli->argv[1]);
    s.name = str_z(u->name);
    s.title = str_z(u->title);
    s.department = str_z(u->department);
    if (!role_parse(str_z(u->role), &s.role))
        return tb_fail(e, TB_INVALID,
                       "角色应为 clerk、guardian、department_admin、auditor、security_officer 或 "
                       "system_admin（--role）",
                       "role");
    if (account_open(&u->t, &s, first, e))
        return e->code;
    say_password(u, s.login, first);
    return TB_OK;
}

static enum tb_code find(struct user_run *u, const char *how, struct staff *s, struct tb_err *e)
{
    if (owner_words(u->cli, 2, how, e))
        return e->code;
    return staff_read(u->t.db, &u->t.mem, str_z(u->cli->argv[1]), s, e);
}

static enum tb_code user_reset(void *run, struct tb_err *e)
{
    struct user_run *u = run;
    char first[PASSWORD_FIRST];
    struct staff s;

    if (find(u, "tongban user reset 登录名", &s, e) || account_reset(&u->t, &s, first, e))
        return e->code;
    say_password(u, s.login, first);
    return TB_OK;
}

static enum tb_code set_disabled(struct user_run *u, bool disabled, struct tb_err *e)
{
    const char *how = disabled ? "tongban user lock 登录名" : "tongban user unlock 登录名";
    struct staff s;

    if (find(u, how, &s, e) || account_disable(&u->t, &s, disabled, e))
        return e->code;
    say_done(u, s.login, disabled ? "已停用，所有登录立即失效" : "已启用");
    return TB_OK;
}

static enum tb_code user_lock(void *run, struct tb_err *e)
{
    return set_disabled(run, true, e);
}

static enum tb_code user_unlock(void *run, struct tb_err *e)
{
    return set_disabled(run, false, e);
}

static enum tb_code user_role(void *run, struct tb_err *e)
{
    struct user_run *u = run;
    struct str department;
    enum role role;
    struct staff s;

    if (find(u, "tongban user role 登录名 --role 角色 [--department 部门]", &s, e))
        return e->code;
    if (!role_parse(str_z(u->role), &role))
        return tb_fail(e, TB_INVALID, "没有这种角色（--role）", "role");
    department = u->department ? str_z(u->department) : s.department;
    if (account_assign(&u->t, &s, role, department, e))
        return e->code;
    say_done(u, s.login, "的角色已更改，需要重新登录");
    return TB_OK;
}

static const struct owner_verb verbs[] = {
    { "list", user_list }, { "add", user_add },       { "reset", user_reset },
    { "lock", user_lock }, { "unlock", user_unlock }, { "role", user_role },
};

static enum tb_code user_command(struct cli *c, struct tb_err *e)
{
    struct user_run u = { .cli = c,
                          .role = cli_option(c, "--role"),
                          .department = cli_option(c, "--department"),
                          .name = cli_option(c, "--name"),
                          .title = cli_option(c, "--title") };

    return owner_run(c, 0, verbs, sizeof(verbs) / sizeof(verbs[0]), &u.t, &u, e);
}

const struct cli_command cli_user = {
    "user",
    "管理账号",
    "用法：tongban user list\n"
    "      tongban user add 登录名 --name 姓名 --role 角色 --department 部门 [--title 职务]\n"
    "      tongban user reset|lock|unlock 登录名\n"
    "      tongban user role 登录名 --role 角色 [--department 部门]\n"
    "\n"
    "角色：clerk 坐席员，guardian AI监护人，department_admin 部门管理员，auditor 安全审计员，\n"
    "      security_officer 安全保密员，system_admin 系统管理员\n"
    "平时由安全保密员在网页上管理账号；这个命令用于初次设置和没有人能登录的时候。\n"
    "\n"
    "例：\n"
    "  tongban user add wang.fang --name 王芳 --role clerk --department minzheng\n"
    "  tongban user reset wang.fang",
    user_command,
};
