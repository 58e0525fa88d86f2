#include "crypto/keyring.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "crypto/hex.h"
#include "crypto/sm3.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct key_set { /* never changed once it is in a ring */
    struct key_set *older;
    unsigned char master[KEYRING_MASTERS][KEY_BYTES];
    size_t masters;
    struct sm2 *trail[SM2_KEYS_MAX]; /* [0] holds the private half */
    size_t trails;
    struct timespec stamp;
};
/* Sets that were replaced stay until the end: somebody may still be reading them. */
struct keyring {
    char *dir;
    _Atomic(struct key_set *) now;
};

static const char master_name[] = "master.key", trail_name[] = "trail.key.pem",
                  public_name[] = "trail.pub.pem", masters_name[] = "master.old",
                  trails_name[] = "trail.old.pem";
enum { OLD_MAX = 64 * 1024 };

static const struct key_set *set_of(const struct keyring *k)
{
    return atomic_load_explicit(&((struct keyring *)(uintptr_t)k)->now, memory_order_acquire);
}

static void set_free(struct key_set *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->trails; i++)
        sm2_free(s->trail[i]);
    explicit_bzero(s, sizeof(*s));
    tb_free(s);
}

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

static enum tb_code masters_read(struct arena *a, const char *dir, struct key_set *s,
                                 struct tb_err *e)
{
    struct str rest, line;

    if (private_read(a, dir, master_name, &rest, e))
        return e->code;
    if (!hex_read(str_trim(rest), s->master[s->masters++], KEY_BYTES))
        return tb_fail(e, TB_CORRUPT, "密钥文件 master.key 已损坏，请从备份恢复", "dir=%s", dir);
    if (!fs_exists(fs_join(a, dir, masters_name)))
        return TB_OK;
    if (private_read(a, dir, masters_name, &rest, e))
        return e->code;
    while (rest.p && s->masters < KEYRING_MASTERS) {
        line = str_trim(str_cut(&rest, STR("\n")));
        if (line.n && !hex_read(line, s->master[s->masters++], KEY_BYTES))
            return tb_fail(e, TB_CORRUPT, "密钥文件 master.old 已损坏，请从备份恢复", "dir=%s",
                           dir);
    }
    return TB_OK;
}

static enum tb_code trails_read(struct arena *a, const char *dir, struct key_set *s,
                                struct tb_err *e)
{
    const struct str end = STR("-----END PUBLIC KEY-----");
    char *old = fs_join(a, dir, trails_name);
    struct str text;
    size_t at;

    if (private_read(a, dir, trail_name, &text, e) || sm2_read(text, &s->trail[0], e))
        return e->code;
    s->trails = 1;
    if (!fs_exists(old))
        return TB_OK;
    if (fs_read(a, old, OLD_MAX, &text, e))
        return e->code;
    while (s->trails < SM2_KEYS_MAX && (at = str_find(text, end)) != SIZE_MAX) {
        if (sm2_read(str_sub(text, 0, at + end.n), &s->trail[s->trails], e))
            return e->code;
        s->trails++;
        text = str_from(text, at + end.n);
    }
    return TB_OK;
}

/* The trail key is written last by a rotation: a newer one means that all is there. */
static void stamp_read(struct arena *a, const char *dir, struct timespec *out)
{
    struct stat st;

    *out = (struct timespec){ 0 };
    if (stat(fs_join(a, dir, trail_name), &st) == 0)
        *out = st.st_mtim;
}

static enum tb_code set_read(struct arena *a, const char *dir, struct key_set **out,
                             struct tb_err *e)
{
    struct key_set *s = tb_zalloc(sizeof(*s));
    enum tb_code c;

    stamp_read(a, dir, &s->stamp); /* before the keys: at worst they are read once more */
    c = masters_read(a, dir, s, e);
    if (!c)
        c = trails_read(a, dir, s, e);
    if (c)
        set_free(s);
    *out = c ? NULL : s;
    return c;
}

enum tb_code keyring_open(const char *dir, struct keyring **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct key_set *s;
    enum tb_code c = set_read(&a, dir, &s, e);

    *out = NULL;
    if (!c) {
        *out = tb_zalloc(sizeof(**out));
        (*out)->dir = tb_dup(dir, strlen(dir) + 1);
        atomic_store(&(*out)->now, s);
    }
    arena_release(&a);
    return c;
}

enum tb_code keyring_refresh(struct keyring *k, bool *changed, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct key_set *now = atomic_load(&k->now), *fresh = NULL;
    struct timespec stamp;
    enum tb_code c = TB_OK;

    stamp_read(&a, k->dir, &stamp);
    *changed = stamp.tv_sec != now->stamp.tv_sec || stamp.tv_nsec != now->stamp.tv_nsec;
    if (*changed)
        c = set_read(&a, k->dir, &fresh, e);
    if (fresh) {
        fresh->older = now;
        atomic_store_explicit(&k->now, fresh, memory_order_release);
    }
    arena_release(&a);
    return c;
}

static enum tb_code new_master(struct arena *a, const char *dir, const struct world *w,
                               struct tb_err *e)
{
    char *path = fs_join(a, dir, master_name);
    unsigned char raw[KEY_BYTES];
    char hex[2 * KEY_BYTES + 1];
    enum tb_code c;

    world_random(w, raw, sizeof(raw));
    hex_of(raw, sizeof(raw), hex);
    c = fs_write(path, str_of(hex, 2 * KEY_BYTES), 0600, e);
    explicit_bzero(raw, sizeof(raw));
    explicit_bzero(hex, sizeof(hex));
    return c;
}

static enum tb_code new_trail(struct arena *a, const char *dir, struct tb_err *e)
{
    struct sm2 *k = sm2_new();
    enum tb_code c = fs_write(fs_join(a, dir, public_name), sm2_public_pem(k, a), 0644, e);

    if (!c)
        c = fs_write(fs_join(a, dir, trail_name), sm2_private_pem(k, a), 0600, e);
    sm2_free(k);
    return c;
}

enum tb_code keyring_make(const char *dir, const struct world *w, struct keyring **out,
                          struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    enum tb_code c = fs_mkdirs(dir, 0700, e);

    if (!c && !fs_exists(fs_join(&a, dir, master_name)))
        c = new_master(&a, dir, w, e);
    if (!c && !fs_exists(fs_join(&a, dir, trail_name)))
        c = new_trail(&a, dir, e);
    arena_release(&a);
    return c ? c : keyring_open(dir, out, e);
}

/* What a new key goes before: text and then what the file held, whole lines. */
static enum tb_code put_before(struct arena *a, const char *path, struct str text, unsigned mode,
                               struct tb_err *e)
{
    struct str held = STR("");

    if (fs_exists(path) && fs_read(a, path, OLD_MAX, &held, e))
        return e->code;
    if (str_starts(held, str_trim(text)))
        return TB_OK; /* a rotation that was broken off had come so far */
    return fs_write(path, arena_printf(a, "%.*s\n%.*s", STR_FMT(str_trim(text)), STR_FMT(held)),
                    mode, e);
}

enum tb_code keyring_rotate(const char *dir, const struct world *w, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct keyring *k = NULL;
    struct str master;
    enum tb_code c = keyring_open(dir, &k, e);

    if (!c)
        c = private_read(&a, dir, master_name, &master, e);
    if (!c)
        c = put_before(&a, fs_join(&a, dir, masters_name), master, 0600, e);
    if (!c)
        c = put_before(&a, fs_join(&a, dir, trails_name), sm2_public_pem(keyring_trail(k), &a),
                       0644, e);
    if (!c)
        c = new_master(&a, dir, w, e);
    if (!c)
        c = new_trail(&a, dir, e);
    keyring_free(k);
    arena_release(&a);
    return c;
}

enum tb_code keyring_forget(const char *dir, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char *path = fs_join(&a, dir, masters_name);
    enum tb_code c = TB_OK;

    if (unlink(path) && errno != ENOENT)
        c = tb_fail(e, TB_STORE, "旧密钥文件删除不了，请检查目录权限", "path=%s errno=%d", path,
                    errno);
    arena_release(&a);
    return c;
}

void keyring_free(struct keyring *k)
{
    struct key_set *s = k ? atomic_load(&k->now) : NULL;

    while (s) {
        struct key_set *older = s->older;

        set_free(s);
        s = older;
    }
    if (k)
        tb_free(k->dir);
    tb_free(k);
}

bool keyring_key_of(const struct keyring *k, size_t age, const char *purpose,
                    unsigned char out[KEY_BYTES])
{
    const struct key_set *s = set_of(k);
    struct buf b = BUF_INIT(256);

    if (age >= s->masters)
        return false;
    buf_addz(&b, "tongban/1/");
    buf_addz(&b, purpose);
    sm3_hmac(str_of((const char *)s->master[age], KEY_BYTES), buf_str(&b), out);
    buf_release(&b);
    return true;
}

void keyring_key(const struct keyring *k, const char *purpose, unsigned char out[KEY_BYTES])
{
    bool there = keyring_key_of(k, 0, purpose, out);

    assert(there);
    (void)there;
}

bool keyring_mark(const struct keyring *k, size_t age, char out[KEYRING_MARK])
{
    unsigned char key[KEY_BYTES];

    if (!keyring_key_of(k, age, "mark", key))
        return false;
    hex_of(key, (KEYRING_MARK - 1) / 2, out);
    return true;
}

const struct sm2 *keyring_trail(const struct keyring *k)
{
    return set_of(k)->trail[0];
}

struct sm2_keys keyring_trail_keys(const struct keyring *k)
{
    const struct key_set *s = set_of(k);
    struct sm2_keys keys = { .n = s->trails };

    for (size_t i = 0; i < s->trails; i++)
        keys.v[i] = s->trail[i];
    return keys;
}
