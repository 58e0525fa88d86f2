#include "base/program.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct running {
    pid_t pid;
    int from;
    int64_t end_ms;
};

static int64_t now_ms(void) /* real time, whatever clock a test wears */
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *find(const char *name, char *path, size_t n)
{
    ssize_t k = readlink("/proc/self/exe", path, n - 64);
    char *slash;

    if (strchr(name, '/'))
        return access(name, X_OK) == 0 ? name : NULL;
    if (k <= 0)
        return NULL;
    path[k] = 0;
    for (int up = 0; up < 2 && (slash = strrchr(path, '/')) != NULL; up++) {
        snprintf(slash, 64, "/%.60s", name);
        if (access(path, X_OK) == 0)
            return path;
        *slash = 0;
    }
    return NULL;
}

/* A file without a name: a pipe would wait for a reader that waits for a writer. */
static int bytes_in(struct str in)
{
    int fd = memfd_create("in", MFD_CLOEXEC);

    for (size_t at = 0; fd >= 0 && at < in.n;) {
        ssize_t k = write(fd, in.p + at, in.n - at);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0) {
            close(fd);
            return -1;
        }
        at += (size_t)k;
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static int spawn(const char *path, int in, int out, pid_t *pid)
{
    char *argv[] = { (char *)(uintptr_t)path, NULL }, *env[] = { NULL };
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    sigset_t all, none;
    int rc;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&fa);
    posix_spawnattr_init(&at);
    posix_spawnattr_setsigdefault(&at, &all);
    posix_spawnattr_setsigmask(&at, &none);
    posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    rc = posix_spawn_file_actions_adddup2(&fa, in, 0);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(&fa, out, 1);
    rc = rc ? rc : posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
    rc = rc ? rc : posix_spawn_file_actions_addclosefrom_np(&fa, 3);
    rc = rc ? rc : posix_spawn(pid, path, &fa, &at, argv, env);
    posix_spawn_file_actions_destroy(&fa);
    posix_spawnattr_destroy(&at);
    return rc;
}

static enum tb_code start(const struct program_run *p, struct running *r, struct tb_err *e)
{
    char space[4096];
    const char *path = find(p->name, space, sizeof(space));
    int in, pipe_[2], rc;

    if (!path)
        return tb_fail(e, TB_INTERNAL, "程序没有装全，请重新安装", "program %s is not here",
                       p->name);
    in = bytes_in(p->in);
    if (in < 0 || pipe2(pipe_, O_CLOEXEC) != 0) {
        if (in >= 0)
            close(in);
        return tb_fail(e, TB_INTERNAL, "系统资源不足，请稍后再试", "pipe errno=%d", errno);
    }
    rc = spawn(path, in, pipe_[1], &r->pid);
    close(in);
    close(pipe_[1]);
    r->from = pipe_[0];
    r->end_ms = now_ms() + p->wall_ms;
    if (!rc)
        return TB_OK;
    close(pipe_[0]);
    return tb_fail(e, TB_INTERNAL, "程序启动失败，请稍后再试", "spawn %s errno=%d", path, rc);
}

static enum tb_code collect(const struct running *r, struct buf *b, struct tb_err *e)
{
    char piece[16384];

    for (;;) {
        int64_t left = r->end_ms - now_ms();
        struct pollfd p = { r->from, POLLIN, 0 };
        ssize_t k;

        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return tb_fail(e, TB_TIMEOUT, "处理超时，已停止，请稍后再试", "program wall clock");
        k = read(r->from, piece, sizeof(piece));
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return TB_OK;
        buf_add(b, str_of(piece, (size_t)k));
        if (b->over)
            return tb_fail(e, TB_TOO_LARGE, "内容太大，做不成文件", "program says too much");
    }
}

enum tb_code program_run(struct arena *a, const struct program_run *p, struct str *out, int *status,
                         struct tb_err *e)
{
    struct buf b = BUF_INIT(p->most);
    struct running r;
    int how = 0;
    enum tb_code c = start(p, &r, e);

    *out = STR("");
    if (c)
        return c;
    c = collect(&r, &b, e);
    if (c)
        kill(r.pid, SIGKILL);
    close(r.from);
    while (waitpid(r.pid, &how, 0) < 0 && errno == EINTR)
        ;
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    if (c)
        buf_release(&b);
    else
        *out = arena_buf(a, &b);
    return c;
}
