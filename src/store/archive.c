#include "store/archive.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, CHUNK = 256 * 1024 };
enum {
    NAME_AT = 0,
    MODE_AT = 100,
    SIZE_AT = 124,
    TIME_AT = 136,
    SUM_AT = 148,
    KIND_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345
};

static enum tb_code io_fail(const struct archive *x, const char *what, struct tb_err *e)
{
    int why = errno;

    if (why == ENOSPC || why == EDQUOT)
        return tb_fail(e, TB_STORE, "磁盘已满，备份文件没有写完；请清理磁盘后再试", "%s %s", what,
                       x->path);
    return tb_fail(e, TB_STORE, "读写备份文件失败，请检查磁盘和权限", "%s %s errno=%d", what,
                   x->path, why);
}

static enum tb_code broken(const struct archive *x, const char *what, struct tb_err *e)
{
    return tb_fail(e, TB_CORRUPT, "备份文件不完整或被改动过，请换一份", "%s: %s", x->path, what);
}

static enum tb_code put(struct archive *x, const void *bytes, size_t n, struct tb_err *e)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t k = write(x->fd, p, n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return io_fail(x, "write", e);
        p += k;
        n -= (size_t)k;
    }
    return TB_OK;
}

/* Exactly n bytes. */
static enum tb_code get(struct archive *x, void *bytes, size_t n, struct tb_err *e)
{
    char *p = bytes;

    while (n > 0) {
        ssize_t k = read(x->fd, p, n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return io_fail(x, "read", e);
        if (k == 0)
            return broken(x, "cut short", e);
        p += k;
        n -= (size_t)k;
    }
    return TB_OK;
}

/* -- headers -- */

static unsigned sum_of(const unsigned char h[BLOCK])
{
    unsigned sum = 0;

    for (int i = 0; i < BLOCK; i++)
        sum += i >= SUM_AT && i < SUM_AT + 8 ? ' ' : h[i];
    return sum;
}

static void put_size(unsigned char *at, int64_t v)
{
    if (v < (int64_t)1 << 33) {
        (void)snprintf((char *)at, 12, "%011llo", (unsigned long long)v);
        return;
    }
    memset(at, 0, 12);
    for (int i = 11; v; i--, v >>= 8)
        at[i] = (unsigned char)v;
    at[0] |= 0x80;
}

static bool get_size(const unsigned char *at, int64_t *out)
{
    *out = 0;
    if (at[0] & 0x80) {
        for (int i = 4; i < 12; i++)
            *out = (int64_t)((uint64_t)*out << 8 | at[i]);
        return *out >= 0 && at[1] == 0 && at[2] == 0 && at[3] == 0;
    }
    for (int i = 0; i < 12 && at[i] && at[i] != ' '; i++) {
        if (at[i] < '0' || at[i] > '7')
            return false;
        *out = *out * 8 + (at[i] - '0');
    }
    return true;
}

static enum tb_code put_header(struct archive *x, const struct archive_entry *it, struct tb_err *e)
{
    unsigned char h[BLOCK] = { 0 };
    size_t n = strlen(it->name);

    memcpy(h + NAME_AT, it->name, n < 100 ? n : 100);
    memcpy(h + MODE_AT, "0000600\0000000000\0000000000", 24);
    put_size(h + SIZE_AT, it->bytes);
    memcpy(h + TIME_AT, "00000000000", 12);
    h[KIND_AT] = '0';
    memcpy(h + MAGIC_AT, "ustar\00000", 8);
    (void)snprintf((char *)h + SUM_AT, 8, "%06o", sum_of(h));
    h[SUM_AT + 7] = ' ';
    return put(x, h, BLOCK, e);
}

static enum tb_code pad(struct archive *x, int64_t bytes, bool write_it, struct tb_err *e)
{
    char zero[BLOCK] = { 0 };
    size_t n = (size_t)((BLOCK - bytes % BLOCK) % BLOCK);

    if (n == 0)
        return TB_OK;
    return write_it ? put(x, zero, n, e) : get(x, zero, n, e);
}

/* -- writing -- */

enum tb_code archive_create(const char *path, struct archive *out, struct tb_err *e)
{
    *out = (struct archive){ open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600), path };
    if (out->fd >= 0)
        return TB_OK;
    if (errno == EEXIST)
        return tb_fail(e, TB_CONFLICT, "这个文件已经存在，不会覆盖它；请换一个文件名", "%s", path);
    return io_fail(out, "create", e);
}

static enum tb_code copy_in(struct archive *x, int from, struct archive_entry *it, char *chunk,
                            struct tb_err *e)
{
    int64_t left = it->bytes;
    struct sm3 s;
    enum tb_code c = TB_OK;

    sm3_begin(&s);
    while (!c && left > 0) {
        ssize_t k = read(from, chunk, left < CHUNK ? (size_t)left : CHUNK);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0) {
            c = io_fail(x, "a file to be backed up shrank or cannot be read", e);
            break;
        }
        sm3_add(&s, str_of(chunk, (size_t)k));
        c = put(x, chunk, (size_t)k, e);
        left -= k;
    }
    sm3_end_hex(&s, it->digest);
    return c;
}

enum tb_code archive_add_file(struct archive *x, const char *name, const char *from,
                              struct archive_entry *out, struct tb_err *e)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    char *chunk;
    enum tb_code c;

    *out = (struct archive_entry){ .bytes = 0 };
    (void)snprintf(out->name, sizeof(out->name), "%s", name);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            close(fd);
        return tb_fail(e, TB_STORE, "要备份的文件读不出来，请检查数据目录", "%s", from);
    }
    out->bytes = st.st_size;
    chunk = tb_alloc(CHUNK);
    c = put_header(x, out, e);
    if (!c)
        c = copy_in(x, fd, out, chunk, e);
    if (!c)
        c = pad(x, out->bytes, true, e);
    tb_free(chunk);
    close(fd);
    return c;
}

enum tb_code archive_add_text(struct archive *x, const char *name, struct str text,
                              struct archive_entry *out, struct tb_err *e)
{
    *out = (struct archive_entry){ .bytes = (int64_t)text.n };
    (void)snprintf(out->name, sizeof(out->name), "%s", name);
    sm3_hex(text, out->digest);
    if (put_header(x, out, e) || put(x, text.p, text.n, e) || pad(x, out->bytes, true, e))
        return e->code;
    return TB_OK;
}

enum tb_code archive_finish(struct archive *x, struct tb_err *e)
{
    char zero[2 * BLOCK] = { 0 };
    enum tb_code c = put(x, zero, sizeof(zero), e);

    if (!c && fsync(x->fd) != 0)
        c = io_fail(x, "fsync", e);
    archive_close(x);
    return c;
}

void archive_close(struct archive *x)
{
    if (x->fd >= 0)
        close(x->fd);
    x->fd = -1;
}

/* -- reading -- */

enum tb_code archive_open(const char *path, struct archive *out, struct tb_err *e)
{
    *out = (struct archive){ open(path, O_RDONLY | O_CLOEXEC), path };
    if (out->fd < 0)
        return tb_fail(e, TB_NOT_FOUND, "备份文件打不开，请检查路径和权限", "%s errno=%d", path,
                       errno);
    return TB_OK;
}

static bool all_zero(const unsigned char h[BLOCK])
{
    for (int i = 0; i < BLOCK; i++)
        if (h[i])
            return false;
    return true;
}

enum tb_code archive_next(struct archive *x, struct archive_entry *out, bool *more,
                          struct tb_err *e)
{
    unsigned char h[BLOCK];
    unsigned sum;

    *more = false;
    *out = (struct archive_entry){ .bytes = 0 };
    if (get(x, h, BLOCK, e))
        return e->code;
    if (all_zero(h))
        return TB_OK;
    if (sscanf((char *)h + SUM_AT, "%7o", &sum) != 1 || sum != sum_of(h) ||
        memcmp(h + MAGIC_AT, "ustar", 5) != 0 || (h[KIND_AT] != '0' && h[KIND_AT] != 0) ||
        h[PREFIX_AT] || !get_size(h + SIZE_AT, &out->bytes))
        return broken(x, "bad header", e);
    memcpy(out->name, h + NAME_AT, 100);
    *more = true;
    return TB_OK;
}

enum tb_code archive_take_text(struct archive *x, struct archive_entry *it, struct arena *a,
                               size_t max, struct str *out, struct tb_err *e)
{
    char *p;

    if ((uint64_t)it->bytes > max)
        return broken(x, "entry too large", e);
    p = arena_alloc(a, (size_t)it->bytes + 1);
    p[it->bytes] = 0;
    *out = str_of(p, (size_t)it->bytes);
    if (get(x, p, out->n, e) || pad(x, it->bytes, false, e))
        return e->code;
    sm3_hex(*out, it->digest);
    return TB_OK;
}

static enum tb_code copy_out(struct archive *x, struct archive_entry *it, int to, char *chunk,
                             struct tb_err *e)
{
    struct archive file = { to, x->path };
    int64_t left = it->bytes;
    struct sm3 s;
    enum tb_code c = TB_OK;

    sm3_begin(&s);
    while (!c && left > 0) {
        size_t n = left < CHUNK ? (size_t)left : CHUNK;

        c = get(x, chunk, n, e);
        if (c)
            break;
        sm3_add(&s, str_of(chunk, n));
        c = put(&file, chunk, n, e);
        left -= (int64_t)n;
    }
    sm3_end_hex(&s, it->digest);
    return c;
}

enum tb_code archive_take_file(struct archive *x, struct archive_entry *it, const char *to,
                               struct tb_err *e)
{
    int fd = open(to, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    char *chunk;
    enum tb_code c;

    if (fd < 0)
        return tb_fail(e, TB_STORE, "恢复的文件写不下去，请检查目标目录的权限和磁盘", "%s errno=%d",
                       to, errno);
    chunk = tb_alloc(CHUNK);
    c = copy_out(x, it, fd, chunk, e);
    if (!c)
        c = pad(x, it->bytes, false, e);
    tb_free(chunk);
    if (close(fd) != 0 && !c)
        c = io_fail(x, "close", e);
    return c;
}
