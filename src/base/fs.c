#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum tb_code io_fail(struct tb_err *e, const char *what, const char *path)
{
    int why = errno;

    if (why == ENOENT || why == ENOTDIR)
        return tb_fail(e, TB_NOT_FOUND, "找不到文件或文件夹，请检查路径", "%s path=%s errno=%d",
                       what, path, why);
    if (why == ENOSPC || why == EDQUOT)
        return tb_fail(e, TB_STORE, "磁盘已满，请清理后再试；已保存的内容没有受影响",
                       "%s path=%s errno=%d", what, path, why);
    if (why == EACCES || why == EPERM)
        return tb_fail(e, TB_FORBIDDEN, "没有读写该文件的权限", "%s path=%s errno=%d", what, path,
                       why);
    return tb_fail(e, TB_STORE, "读写文件失败，请检查磁盘后再试", "%s path=%s errno=%d", what, path,
                   why);
}

static enum tb_code read_fd(struct arena *a, int fd, const char *path, size_t max, struct str *out,
                            struct tb_err *e)
{
    struct stat st;
    size_t n = 0, want;
    char *p;

    if (fstat(fd, &st) != 0)
        return io_fail(e, "stat", path);
    if (!S_ISREG(st.st_mode))
        return tb_fail(e, TB_INVALID, "这不是一个普通文件", "path=%s", path);
    if ((uint64_t)st.st_size > max)
        return tb_fail(e, TB_TOO_LARGE, "文件太大，超过上限", "path=%s size=%lld max=%zu", path,
                       (long long)st.st_size, max);
    want = (size_t)st.st_size;
    p = arena_alloc(a, want + 1);
    while (n < want) {
        ssize_t k = read(fd, p + n, want - n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return io_fail(e, "read", path);
        if (k == 0)
            break;
        n += (size_t)k;
    }
    p[n] = 0;
    *out = str_of(p, n);
    return TB_OK;
}

enum tb_code fs_read(struct arena *a, const char *path, size_t max, struct str *out,
                     struct tb_err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum tb_code c;

    if (fd < 0)
        return io_fail(e, "open", path);
    c = read_fd(a, fd, path, max, out, e);
    close(fd);
    return c;
}

static bool write_all(int fd, struct str s)
{
    size_t n = 0;

    while (n < s.n) {
        ssize_t k = write(fd, s.p + n, s.n - n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return false;
        n += (size_t)k;
    }
    return fsync(fd) == 0;
}

static void sync_folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dir = slash ? arena_z(a, str_of(path, (size_t)(slash - path) + 1)) : ".";
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

enum tb_code fs_write(const char *path, struct str bytes, unsigned mode, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char *tmp = arena_z(&a, arena_printf(&a, "%s.XXXXXX", path));
    enum tb_code c = TB_OK;
    int fd = mkostemp(tmp, O_CLOEXEC);

    if (fd < 0) {
        c = io_fail(e, "create", path);
        goto out;
    }
    if (fchmod(fd, mode) != 0 || !write_all(fd, bytes)) {
        c = io_fail(e, "write", path);
        close(fd);
        unlink(tmp);
        goto out;
    }
    close(fd);
    if (rename(tmp, path) != 0) {
        c = io_fail(e, "rename", path);
        unlink(tmp);
        goto out;
    }
    sync_folder_of(&a, path);
out:
    arena_release(&a);
    return c;
}

enum tb_code fs_mkdirs(const char *path, unsigned mode, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char *p = arena_z(&a, str_z(path));
    enum tb_code c = TB_OK;

    for (char *at = p + 1;; at++) {
        char keep = *at;

        if (keep != '/' && keep != 0)
            continue;
        *at = 0;
        if (mkdir(p, mode) != 0 && errno != EEXIST) {
            c = io_fail(e, "mkdir", p);
            break;
        }
        *at = keep;
        if (keep == 0)
            break;
    }
    if (!c && !fs_is_dir(path))
        c = tb_fail(e, TB_INVALID, "该路径已存在且不是文件夹", "path=%s", path);
    arena_release(&a);
    return c;
}

bool fs_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

struct fs_stamp fs_stamp_of(const char *path)
{
    struct stat s;

    if (!path || stat(path, &s) != 0)
        return (struct fs_stamp){ -1, 0, 0 };
    return (struct fs_stamp){ s.st_size, s.st_mtim.tv_sec * 1000000000LL + s.st_mtim.tv_nsec,
                              (int64_t)s.st_ino };
}

bool fs_stamp_same(const struct fs_stamp *a, const struct fs_stamp *b)
{
    return a->size == b->size && a->at_ns == b->at_ns && a->inode == b->inode;
}

bool fs_is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int64_t fs_size(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

char *fs_join(struct arena *a, const char *dir, const char *name)
{
    size_t n = strlen(dir);
    const char *gap = n && dir[n - 1] == '/' ? "" : "/";

    return arena_z(a, arena_printf(a, "%s%s%s", dir, gap, name));
}

static int by_name(const void *x, const void *y)
{
    return strcmp(*(char *const *)x, *(char *const *)y);
}

enum tb_code fs_list(struct arena *a, const char *dir, char ***names, size_t *n, struct tb_err *e)
{
    DIR *d = opendir(dir);
    struct dirent *it;
    size_t cap = 0;

    *names = NULL;
    *n = 0;
    if (!d)
        return io_fail(e, "opendir", dir);
    while ((it = readdir(d)) != NULL) {
        if (strcmp(it->d_name, ".") == 0 || strcmp(it->d_name, "..") == 0)
            continue;
        *names = arena_grow(a, *names, *n, &cap, sizeof(**names));
        (*names)[(*n)++] = arena_z(a, str_z(it->d_name));
    }
    closedir(d);
    if (*n)
        qsort(*names, *n, sizeof(**names), by_name);
    return TB_OK;
}

char *fs_cache_dir(struct arena *a)
{
    const char *own = getenv("TONGBAN_CACHE"), *xdg = getenv("XDG_CACHE_HOME"),
               *home = getenv("HOME");

    if (own && *own)
        return arena_z(a, str_z(own));
    if (xdg && *xdg)
        return fs_join(a, xdg, "tongban");
    return fs_join(a, home && *home ? home : "/tmp", ".cache/tongban");
}
