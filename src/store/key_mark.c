#include "store/key_mark.h"

#include "store/setting.h"

static const char name[] = "keys.mark";

enum tb_code key_mark_renew(struct db *d, const struct keyring *k, struct tb_err *e)
{
    char mark[KEYRING_MARK] = "";

    keyring_mark(k, 0, mark);
    return setting_write(d, name, str_z(mark), e);
}

static bool knows(const struct keyring *k, struct str was)
{
    char mark[KEYRING_MARK];

    for (size_t age = 0; keyring_mark(k, age, mark); age++)
        if (str_eqz(was, mark))
            return true;
    return false;
}

enum tb_code key_mark_agree(struct db *d, const struct keyring *k, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char mark[KEYRING_MARK] = "";
    struct str was;
    enum tb_code c = setting_read(d, &a, name, &was, e);

    keyring_mark(k, 0, mark);
    if (!c && was.n && !knows(k, was))
        c = tb_fail(e, TB_CORRUPT,
                    "密钥文件不是这个数据库的：请从备份恢复 keys 目录（见 docs/security.md "
                    "“密钥丢失”），不要删除数据库",
                    "mark=%s want=%.*s", mark, STR_FMT(was));
    if (!c && !str_eqz(was, mark))
        c = key_mark_renew(d, k, e);
    arena_release(&a);
    return c;
}

enum tb_code key_mark_open(struct db *d, const char *dir, const struct world *w,
                           struct keyring **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str was;
    enum tb_code c = setting_read(d, &a, name, &was, e);

    *out = NULL;
    if (!c)
        c = was.n ? keyring_open(dir, out, e) : keyring_make(dir, w, out, e);
    if (c == TB_NOT_FOUND)
        tb_fail(
            e, c,
            "密钥文件丢失：请从备份恢复 keys 目录（见 docs/security.md “密钥丢失”）；没有备份时用 "
            "tongban keys renew --accept-loss，已加密的个人信息将无法再读出",
            "dir=%s mark=%.*s", dir, STR_FMT(was));
    if (!c)
        c = key_mark_agree(d, *out, e);
    if (c && *out) {
        keyring_free(*out);
        *out = NULL;
    }
    arena_release(&a);
    return c;
}
