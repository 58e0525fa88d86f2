#include "cli/home.h"

#include "base/fs.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct {
    unsigned long magic;
    const char *name;
    enum home_disk is;
} disks[] = {
    { 0x6969, "NFS", DISK_REMOTE },        { 0x517b, "SMB", DISK_REMOTE },
    { 0xff534d42, "CIFS", DISK_REMOTE },   { 0xfe534d42, "SMB2", DISK_REMOTE },
    { 0x564c, "NCP", DISK_REMOTE },        { 0x5346414f, "AFS", DISK_REMOTE },
    { 0x6b414653, "AFS", DISK_REMOTE },    { 0x73757245, "Coda", DISK_REMOTE },
    { 0x00c36400, "Ceph", DISK_REMOTE },   { 0x47504653, "GPFS", DISK_REMOTE },
    { 0x0bd00bd0, "Lustre", DISK_REMOTE }, { 0x01161970, "GFS2", DISK_REMOTE },
    { 0x7461636f, "OCFS2", DISK_REMOTE },  { 0xaad7aaea, "PanFS", DISK_REMOTE },
    { 0x65735546, "FUSE", DISK_DOUBTFUL }, { 0x01021997, "9p", DISK_DOUBTFUL },
    { 0x786f4256, "vboxsf", DISK_REMOTE }, { 0xbacbacbc, "vmhgfs", DISK_REMOTE },
};

static enum home_disk disk_of(unsigned long magic, const char **name)
{
    for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
        if (disks[i].magic == (magic & 0xffffffff)) {
            *name = disks[i].name;
            return disks[i].is;
        }
    }
    return DISK_LOCAL;
}

enum home_disk home_disk(const char *dir, const char **name)
{
    struct statfs st;

    *name = "";
    return statfs(dir, &st) == 0 ? disk_of((unsigned long)st.f_type, name) : DISK_LOCAL;
}

static enum tb_code refuse_remote(const char *dir, struct tb_err *e)
{
    const char *name = "";
    struct statfs st;

    if (statfs(dir, &st) != 0)
        return tb_fail(e, TB_STORE, "数据目录打不开，请检查路径和权限", "statfs=%s errno=%d", dir,
                       errno);
    switch (disk_of((unsigned long)st.f_type, &name)) {
    case DISK_REMOTE:
        return tb_fail(e, TB_UNSUPPORTED,
                       "数据目录在网络文件系统上，断电或断网时会丢数据；请用 --data "
                       "指定本机磁盘上的目录",
                       "data=%s fs=%s", dir, name);
    case DISK_DOUBTFUL:
        log_line(LOG_WARN, "disk", "fs=%s of the data directory may not keep what was synced",
                 name);
        break;
    case DISK_LOCAL:
        break;
    }
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
