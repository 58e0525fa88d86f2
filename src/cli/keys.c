/* `tongban keys …`: the installation's own keys (crypto/keyring.h). Everything stands in the trail.
 */
#include "base/fs.h"
#include "base/share.h"
#include "cli/commands.h"
#include "cli/owner.h"
#include "cli/progress.h"
#include "store/audit_export.h"
#include "store/key_mark.h"
#include "store/migrate.h"
#include "store/reseal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RESEAL_BATCH = 200 };

struct keys_run {
    struct cli *cli;
    struct rooms_opened o;
    struct talk t;
    char *dir;
};

static enum tb_code witness(struct keys_run *k, const struct keyring *ring, const char *verb,
                            struct tb_err *e)
{
    char mark[KEYRING_MARK] = "";
    enum tb_code c = db_begin(k->t.db, e);

    if (c)
        return c;
    keyring_mark(ring, 0, mark);
    c = key_mark_renew(k->t.db, ring, e);
    if (!c)
        c = audit_witness(&k->t, verb, str_z(mark), STR(""), e);
    return db_end(k->t.db, c, e);
}

static enum tb_code witness_reseal(struct keys_run *k, const struct reseal *p, struct tb_err *e)
{
    struct str says =
        arena_printf(&k->t.mem, "sealed=%lld lost=%lld", (long long)p->sealed, (long long)p->lost);

    return audit_witness(&k->t, "keys.reseal", STR("keys"), says, e);
}

static enum tb_code list(void *self, struct tb_err *e)
{
    struct keys_run *k = self;
    struct sm2_keys trail = keyring_trail_keys(k->t.at->keys);
    char mark[KEYRING_MARK], sm3[SM3_HEX];

    if (owner_words(k->cli, 1, "tongban keys list", e))
        return e->code;
    for (size_t age = 0; keyring_mark(k->t.at->keys, age, mark); age++)
        printf(k->cli->json ? "{\"master\":\"%s\",\"age\":%zu}\n" : "主密钥 %s（%zu 次更换之前）\n",
               mark, age);
    for (size_t i = 0; i < trail.n; i++) {
        audit_key_mark(trail.v[i], sm3);
        printf(k->cli->json ? "{\"trail\":\"%s\",\"age\":%zu}\n"
                            : "审计签名公钥 %s（%zu 次更换之前）\n",
               sm3, i);
    }
    return TB_OK;
}

/* A running server takes the new ones up within two seconds. */
static enum tb_code rotate(void *self, struct tb_err *e)
{
    struct keys_run *k = self;
    struct keyring *fresh;
    enum tb_code c;

    if (owner_words(k->cli, 1, "tongban keys rotate", e) || keyring_rotate(k->dir, k->t.world, e) ||
        keyring_open(k->dir, &fresh, e))
        return e->code;
    c = witness(k, fresh, "keys.rotate", e);
    keyring_free(fresh);
    if (c)
        return c;
    if (k->cli->json)
        printf("{\"rotated\":true}\n");
    else
        printf(
            "已更换主密钥和审计签名密钥。以前加密的内容用旧密钥仍可读出，服务会在后台用新密钥重新\n"
            "加密（没有服务在运行时用 tongban keys reseal）；请马上做一次备份。\n");
    return TB_OK;
}

/* Beside a running server too: each value is put only where nobody changed it meanwhile. */
static enum tb_code reseal(void *self, struct tb_err *e)
{
    struct keys_run *k = self;
    struct progress bar;
    struct reseal p = { 0 };
    bool due;

    if (owner_words(k->cli, 1, "tongban keys reseal", e) ||
        reseal_due(k->t.db, k->t.at->keys, &due, e))
        return e->code;
    progress_begin(&bar, k->cli, "重新加密");
    while (due && !p.over) {
        if (reseal_some(k->t.db, k->t.at->keys, k->t.world, RESEAL_BATCH, &p, e))
            return e->code;
        progress_at(&bar, p.looked, p.total);
    }
    progress_end(&bar, "");
    if (due && witness_reseal(k, &p, e))
        return e->code;
    if (k->cli->json)
        printf("{\"sealed\":%lld,\"lost\":%lld}\n", (long long)p.sealed, (long long)p.lost);
    else
        printf("用新密钥重新加密了 %lld 处，%lld 处没有密钥能读出。\n", (long long)p.sealed,
               (long long)p.lost);
    return TB_OK;
}

static enum tb_code forget(void *self, struct tb_err *e)
{
    struct keys_run *k = self;
    char mark[KEYRING_MARK] = "";
    bool due;

    if (owner_words(k->cli, 1, "tongban keys forget", e) ||
        reseal_due(k->t.db, k->t.at->keys, &due, e))
        return e->code;
    if (due)
        return tb_fail(e, TB_CONFLICT,
                       "还有内容只有旧密钥能读出：等后台重新加密做完，或者执行 tongban keys reseal",
                       "forget");
    keyring_mark(k->t.at->keys, 0, mark);
    if (audit_witness(&k->t, "keys.forget", str_z(mark), STR(""), e) || keyring_forget(k->dir, e))
        return e->code;
    if (!k->cli->json)
        printf("旧主密钥已删除。以前的备份仍用它们自己带的密钥；请马上做一次备份。\n");
    return TB_OK;
}

/* Not by rooms_open, which needs the keys that are gone. */
static enum tb_code renew(struct cli *c, struct tb_err *e)
{
    struct keys_run k = { .cli = c, .dir = fs_join(&c->mem, c->data, "keys") };
    bool sure = cli_flag(c, "--accept-loss");
    const char *url = arena_printf(&c->mem, "sqlite:%s/tongban.db", c->data).p;
    struct keyring *fresh = NULL;
    enum tb_code code;

    if (owner_words(c, 1, "tongban keys renew --accept-loss", e))
        return e->code;
    if (!sure)
        return tb_fail(e, TB_INVALID,
                       "这会放弃丢失的密钥：已加密的个人信息无法再读出。确认后加 --accept-loss",
                       "renew");
    if (!fs_exists(fs_join(&c->mem, c->data, "tongban.db")))
        return tb_fail(e, TB_NOT_FOUND, "目录还没有初始化，请先执行 tongban setup", "renew");
    if (migrate_open(url, share_dir(&c->mem), fs_join(&c->mem, c->data, "backup"), world_real(),
                     &k.o.db, e))
        return e->code;
    k.o.at.db_url = url;
    owner_talk(c, &k.o, &k.t);
    code = keyring_make(k.dir, k.t.world, &fresh, e);
    if (!code)
        code = witness(&k, fresh, "keys.renew", e);
    if (!code)
        printf(c->json ? "{\"renewed\":true}\n" : "已换成新的密钥。请马上做一次备份。\n");
    keyring_free(fresh);
    arena_release(&k.t.mem);
    db_close(k.o.db);
    return code;
}

static const struct owner_verb verbs[] = {
    { "list", list }, { "rotate", rotate }, { "reseal", reseal }, { "forget", forget }
};

static enum tb_code keys_command(struct cli *c, struct tb_err *e)
{
    struct keys_run k = { .cli = c, .dir = fs_join(&c->mem, c->data, "keys") };

    if (c->argc > 0 && strcmp(c->argv[0], "renew") == 0)
        return renew(c, e);
    return owner_run(c, 0, verbs, sizeof(verbs) / sizeof(verbs[0]), &k.t, &k, e);
}

const struct cli_command cli_keys = {
    "keys",
    "更换本系统自己的密钥",
    "用法：tongban keys list\n"
    "      tongban keys rotate\n"
    "      tongban keys reseal\n"
    "      tongban keys forget\n"
    "      tongban keys renew --accept-loss\n"
    "\n"
    "list     主密钥的标记和审计签名公钥的指纹，新的在前；不显示密钥\n"
    "rotate   换新的主密钥和审计签名密钥，服务运行时也可以执行，两秒内生效；旧主密钥留在\n"
    "         keys/master.old，只用来读以前加密的内容；旧签名私钥不再保留，公钥在 "
    "keys/trail.old.pem\n"
    "reseal   旧主密钥加密的内容用新主密钥重新加密；服务在后台自己会做，中断后接着做\n"
    "forget   重新加密做完后，删除旧主密钥\n"
    "renew    密钥丢失又没有备份时，放弃旧密钥重新开始；已加密的个人信息无法再读出\n"
    "丢失密钥后的恢复步骤见 docs/security.md。\n"
    "\n"
    "例：\n"
    "  tongban keys rotate --data /var/lib/tongban",
    keys_command,
};
