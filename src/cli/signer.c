#include "cli/signer.h"

#include "crypto/password.h"
#include "store/sign_in.h"
#include "store/staff.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct str read_password(struct arena *a, struct str login)
{
    bool screen = isatty(STDIN_FILENO) != 0;
    struct termios was, quiet;
    char line[512] = "";
    struct str out;

    if (screen && tcgetattr(STDIN_FILENO, &was) == 0) {
        fprintf(stderr, "%.*s 的密码：", STR_FMT(login));
        quiet = was;
        quiet.c_lflag &= (tcflag_t)~ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    if (!fgets(line, sizeof(line), stdin))
        line[0] = '\0';
    if (screen) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
        fprintf(stderr, "\n");
    }
    line[strcspn(line, "\r\n")] = '\0';
    out = arena_str(a, str_z(line));
    explicit_bzero(line, sizeof(line));
    return out;
}

static enum tb_code refuse(struct talk *t, struct str login, bool known, struct tb_err *e)
{
    struct tb_err lost = TB_ERR_INIT;

    /* a count that cannot be kept is no reason to let somebody in */
    (void)!sign_in_failed(t->db, t->world, login, STR("local"), known, &lost);
    return tb_fail(e, TB_UNAUTHORISED, "账号或密码不对，没有签发；请核对后再试", "sign-in failed");
}

static enum tb_code check_lock(struct talk *t, struct str login, struct tb_err *e)
{
    int64_t until;

    if (sign_in_locked(t->db, t->world, login, STR("local"), &until, e))
        return e->code;
    if (until > world_now_ms(t->world))
        return tb_fail(e, TB_LIMITED, "密码错误次数太多，账号已锁定，请 15 分钟后再试", "locked");
    return TB_OK;
}

enum tb_code signer_ask(struct talk *t, struct str login, struct signer *out, struct tb_err *e)
{
    struct staff who = { .id = 0 };
    struct tb_err none = TB_ERR_INIT;
    struct str password = read_password(&t->mem, login);
    bool known = staff_read(t->db, &t->mem, login, &who, &none) == TB_OK;
    const char *encoded = known ? arena_z(&t->mem, who.password) : NULL;

    if (check_lock(t, login, e))
        return e->code;
    if (!password_matches(password, encoded) || !known || who.disabled)
        return refuse(t, login, known, e);
    if (sign_in_done(t->db, login, e))
        return e->code;
    if (who.must_change)
        return tb_fail(e, TB_FORBIDDEN, "请先在页面登录并修改初始密码，再来签发", "must change");
    if ((role_perms(who.role) & PERM_SIGN) == 0)
        return tb_fail(e, TB_FORBIDDEN, "这个账号没有签发权：签发由监护人或部门管理员办理",
                       "no right to sign");
    *out = (struct signer){ .id = who.id, .name = who.name, .way = "desk" };
    return TB_OK;
}
