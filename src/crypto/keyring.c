#include "crypto/keyring.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "crypto/hex.h"
#include "crypto/sm3.h"

#include <string.h>
#include <sys/stat.h>

struct keyring {
    unsigned char master[KEY_BYTES];
    struct sm2 *trail;
};

static const char master_name[] = "master.key", trail_name[] = "trail.key.pem",
                  public_name[] = "trail.pub.pem";

static enum tb_code private_read(struct arena *a, const char *dir, const char *name,
                                 struct str *out, struct tb_err *e)
{
    char *path = fs_join(a, dir, name);
    struct stat st;
    enum tb_code c;

    if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
        return tb_fail(e, TB_FORBIDDEN,
                       "密钥文件的权限太宽，其他用户可以读到：请执行 chmod 600 后再启动",
                       "path=%s mode=%o", path, st.st_mode & 0777u);
    c = fs_read(a, path, 16 * 1024, out, e);
    if (c == TB_NOT_FOUND)
        return tb_fail(e, TB_NOT_FOUND,
                       "找不到密钥文件：请先执行 tongban setup，或者从备份恢复（tongban restore）",
                       "path=%s", path);
    return c;
}

enum tb_code keyring_open(const char *dir, struct keyring **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct keyring *k = tb_zalloc(sizeof(*k));
    struct str master, pem;
    enum tb_code c = private_read(&a, dir, master_name, &master, e);

    *out = NULL;
    if (!c)
        c = private_read(&a, dir, trail_name, &pem, e);
    if (!c && !hex_read(str_trim(master), k->master, KEY_BYTES))
        c = tb_fail(e, TB_CORRUPT, "密钥文件 master.key 已损坏，请从备份恢复", "dir=%s", dir);
    if (!c)
        c = sm2_read(pem, &k->trail, e);
    if (c)
        keyring_free(k);
    else
        *out = k;
    arena_release(&a);
    return c;
}

static enum tb_code make_master(struct arena *a, const char *dir, const struct world *w,
                                struct tb_err *e)
{
    unsigned char raw[KEY_BYTES];
    char hex[2 * KEY_BYTES + 1], *path = fs_join(a, dir, master_name);
    enum tb_code c;

    if (fs_exists(path))
        return TB_OK;
    world_random(w, raw, sizeof(raw));
    hex_of(raw, sizeof(raw), hex);
    c = fs_write(path, str_of(hex, 2 * KEY_BYTES), 0600, e);
    explicit_bzero(raw, sizeof(raw));
    explicit_bzero(hex, sizeof(hex));
    return c;
}

static enum tb_code make_trail(struct arena *a, const char *dir, struct tb_err *e)
{
    char *path = fs_join(a, dir, trail_name);
    struct sm2 *k;
    enum tb_code c;

    if (fs_exists(path))
        return TB_OK;
    k = sm2_new();
    c = fs_write(fs_join(a, dir, public_name), sm2_public_pem(k, a), 0644, e);
    if (!c)
        c = fs_write(path, sm2_private_pem(k, a), 0600, e);
    sm2_free(k);
    return c;
}

enum tb_code keyring_make(const char *dir, const struct world *w, struct keyring **out,
                          struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    enum tb_code c = fs_mkdirs(dir, 0700, e);

    if (!c)
        c = make_master(&a, dir, w, e);
    if (!c)
        c = make_trail(&a, dir, e);
    arena_release(&a);
    return c ? c : keyring_open(dir, out, e);
}

void keyring_free(struct keyring *k)
{
    if (!k)
        return;
    sm2_free(k->trail);
    explicit_bzero(k, sizeof(*k));
    tb_free(k);
}

void keyring_key(const struct keyring *k, const char *purpose, unsigned char out[KEY_BYTES])
{
    struct buf b = BUF_INIT(256);

    buf_addz(&b, "tongban/1/");
    buf_addz(&b, purpose);
    sm3_hmac(str_of((const char *)k->master, KEY_BYTES), buf_str(&b), out);
    buf_release(&b);
}

const struct sm2 *keyring_trail(const struct keyring *k)
{
    return k->trail;
}
