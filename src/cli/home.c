#include "cli/home.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct {
    long magic;
    const char *name;
} remote[] = {
    { 0x6969, "NFS" },        { 0x517b, "SMB" },      { 0xff534d42, "CIFS" },
    { 0xfe534d42, "SMB2" },   { 0x564c, "NCP" },      { 0x5346414f, "AFS" },
    { 0x73757245, "Coda" },   { 0x00c36400, "Ceph" }, { 0x47504653, "GPFS" },
    { 0x0bd00bd0, "Lustre" }, { 0x01161970, "GFS2" }, { 0x7461636f, "OCFS2" },
};

static enum tb_code refuse_remote(const char *dir, struct tb_err *e)
{
    struct statfs st;

    if (statfs(dir, &st) != 0)
        return tb_fail(e, TB_STORE, "数据目录打不开，请检查路径和权限", "statfs=%s errno=%d", dir,
                       errno);
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
        if ((unsigned long)st.f_type == (unsigned long)remote[i].magic)
            return tb_fail(e, TB_UNSUPPORTED,
                           "数据目录在网络文件系统上，断电或断网时会丢数据；请用 --data "
                           "指定本机磁盘上的目录",
                           "data=%s fs=%s", dir, remote[i].name);
    return TB_OK;
}

static enum tb_code lock(const char *path, int *fd, struct tb_err *e)
{
    char pid[32];
    int n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());

    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return tb_fail(e, TB_STORE, "数据目录不能写入，请检查权限", "lock=%s errno=%d", path,
                       errno);
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        close(*fd);
        *fd = -1;
        return tb_fail(e, TB_CONFLICT,
                       "这个数据目录已有一个通办服务在用；请先停掉它，或用 --data 指定别的目录",
                       "lock=%s errno=%d", path, errno);
    }
    if (ftruncate(*fd, 0) != 0 || write(*fd, pid, (size_t)n) != n)
        return tb_fail(e, TB_STORE, "磁盘已满或不能写入数据目录", "lock=%s errno=%d", path, errno);
    return TB_OK;
}

/* Left by requests that a crash cut off. */
static void empty_tmp(struct arena *a, const char *dir)
{
    struct tb_err e = TB_ERR_INIT;
    char **names;
    size_t n;

    if (fs_list(a, dir, &names, &n, &e))
        return;
    for (size_t i = 0; i < n; i++)
        unlink(fs_join(a, dir, names[i]));
}

enum tb_code home_take(struct arena *a, const char *dir, int *lock_fd, struct tb_err *e)
{
    static const char *const folders[] = { "files", "tmp", "backup", "logs" };

    *lock_fd = -1;
    if (fs_mkdirs(dir, 0700, e) || refuse_remote(dir, e) ||
        lock(fs_join(a, dir, "tongban.lock"), lock_fd, e))
        return e->code;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (fs_mkdirs(fs_join(a, dir, folders[i]), 0700, e))
            return e->code;
    empty_tmp(a, fs_join(a, dir, "tmp"));
    return TB_OK;
}
