#include "store/original.h"

#include "base/fs.h"
#include "crypto/sm3.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

static enum tb_code read_fail(struct tb_err *e)
{
    return tb_fail(e, TB_STORE, "读文件失败，请检查磁盘后再试", "original read errno=%d", errno);
}

/* Feeds every byte to the digest and, when to >= 0, to that file. */
static enum tb_code pass_through(int fd, int to, int64_t max, struct original *out,
                                 struct tb_err *e)
{
    char part[CHUNK];
    struct sm3 s;
    enum tb_code c = TB_OK;

    out->bytes = 0;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return read_fail(e);
    sm3_begin(&s);
    while (!c) {
        ssize_t k = read(fd, part, sizeof(part));

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            c = read_fail(e);
        if (k <= 0)
            break;
        out->bytes += k;
        sm3_add(&s, str_of(part, (size_t)k));
        if (out->bytes > max)
            c = tb_fail(e, TB_TOO_LARGE, "文件太大（上限 64 MB），请拆成几个文件再上传",
                        "bytes>%lld", (long long)max);
        else if (to >= 0 && write(to, part, (size_t)k) != k)
            c = tb_fail(e, TB_STORE, "磁盘写不进去，请清理后再试；已保存的内容没有受影响",
                        "original write errno=%d", errno);
    }
    sm3_end_hex(&s, out->digest);
    return c;
}

enum tb_code original_measure(int fd, int64_t max, struct original *out, struct tb_err *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return read_fail(e);
    if (!S_ISREG(st.st_mode))
        return tb_fail(e, TB_INVALID, "这不是一个普通文件", "mode=%o", (unsigned)st.st_mode);
    if (st.st_size > max)
        return tb_fail(e, TB_TOO_LARGE, "文件太大（上限 64 MB），请拆成几个文件再上传",
                       "bytes=%lld", (long long)st.st_size);
    if (pass_through(fd, -1, max, out, e))
        return e->code;
    if (out->bytes == 0)
        return tb_fail(e, TB_INVALID, "文件是空的", "empty");
    return TB_OK;
}

static bool is_digest(struct str d)
{
    for (size_t i = 0; i < d.n; i++)
        if (!((d.p[i] >= '0' && d.p[i] <= '9') || (d.p[i] >= 'a' && d.p[i] <= 'f')))
            return false;
    return d.n == 64;
}

const char *original_path(struct arena *a, const char *data_dir, struct str digest)
{
    if (!is_digest(digest))
        return "";
    return arena_printf(a, "%s/files/%.2s/%.62s", data_dir, digest.p, digest.p + 2).p;
}

static enum tb_code copy_to(const char *tmp, int to, int fd, const struct original *o,
                            const char *path, struct tb_err *e)
{
    struct original again;

    if (pass_through(fd, to, o->bytes, &again, e))
        return e->code;
    if (strcmp(again.digest, o->digest) != 0)
        return tb_fail(e, TB_CONFLICT, "文件在导入时被改动了，请重试", "digest changed");
    if (fchmod(to, 0640) != 0 || fsync(to) != 0 || rename(tmp, path) != 0)
        return tb_fail(e, TB_STORE, "磁盘写不进去，请清理后再试；已保存的内容没有受影响",
                       "original rename errno=%d", errno);
    return TB_OK;
}

static enum tb_code sync_folder(const char *dir, struct tb_err *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok ? TB_OK
              : tb_fail(e, TB_STORE, "磁盘写不进去，请检查后再试", "sync %s errno=%d", dir, errno);
}

enum tb_code original_keep(const char *data_dir, int fd, const struct original *o, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    const char *path = original_path(&a, data_dir, str_z(o->digest));
    char *dir = arena_z(&a, arena_printf(&a, "%s/files/%.2s", data_dir, o->digest));
    char *tmp = arena_z(&a, arena_printf(&a, "%s/.new.XXXXXX", dir));
    enum tb_code c = TB_OK;
    int to;

    if (fs_size(path) == o->bytes)
        goto out;
    c = fs_mkdirs(dir, 0750, e);
    if (c)
        goto out;
    to = mkostemp(tmp, O_CLOEXEC);
    if (to < 0) {
        c = tb_fail(e, TB_STORE, "磁盘写不进去，请清理后再试；已保存的内容没有受影响",
                    "mkostemp errno=%d", errno);
        goto out;
    }
    c = copy_to(tmp, to, fd, o, path, e);
    close(to);
    if (c)
        unlink(tmp);
    else
        c = sync_folder(dir, e);
out:
    arena_release(&a);
    return c;
}
