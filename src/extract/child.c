#include "extract/child.h"

#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { UNPACK_WALL_MS = 10 * 60 * 1000, LINE_MAX_BYTES = 64 * 1024 };

struct child {
    pid_t pid;
    int from; /* its descriptor 1 */
    int64_t end_ms;
    struct buf in; /* read and not yet used, of an unpacking child */
    bool ended;    /* nothing more will come */
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC,
                  &t); /* a child's age is real time, whatever clock a test wears */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* $TONGBAN_EXTRACT, else tongban-extract beside this program, else one folder up (test programs).
 */
static const char *program(char *path, size_t n)
{
    const char *own = getenv("TONGBAN_EXTRACT");
    ssize_t k = readlink("/proc/self/exe", path, n - 32);
    char *slash;

    if (own && *own)
        return own;
    if (k <= 0)
        return NULL;
    path[k] = 0;
    for (int up = 0; up < 2 && (slash = strrchr(path, '/')) != NULL; up++) {
        snprintf(slash, 32, "/tongban-extract");
        if (access(path, X_OK) == 0)
            return path;
        *slash = 0;
    }
    return NULL;
}

static int actions_fill(posix_spawn_file_actions_t *fa, int in, int out)
{
    int rc = posix_spawn_file_actions_adddup2(fa, in, 0);

    if (!rc)
        rc = posix_spawn_file_actions_adddup2(fa, out, 1);
    if (!rc)
        rc = posix_spawn_file_actions_addopen(fa, 2, "/dev/null", O_WRONLY, 0);
    if (!rc)
        rc = posix_spawn_file_actions_addclosefrom_np(fa, 3);
    return rc;
}

static int attributes_fill(posix_spawnattr_t *at)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(at, &all);
    posix_spawnattr_setsigmask(at, &none);
    return posix_spawnattr_setflags(at, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static enum tb_code spawn(struct child *c, int in, int out, const char *mode, struct tb_err *e)
{
    char path[4096], *env[] = { NULL }, name[] = "tongban-extract", word[32];
    char *argv[] = { name, word, NULL };
    const char *file = program(path, sizeof(path));
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    int rc;

    snprintf(word, sizeof(word), "%s", mode ? mode : "");
    if (!mode)
        argv[1] = NULL;
    if (!file)
        return tb_fail(e, TB_INTERNAL, "找不到文件解析程序 tongban-extract，请重新安装",
                       "no child");
    posix_spawn_file_actions_init(&fa);
    posix_spawnattr_init(&at);
    rc = actions_fill(&fa, in, out);
    if (!rc)
        rc = attributes_fill(&at);
    if (!rc)
        rc = posix_spawn(&c->pid, file, &fa, &at, argv, env);
    posix_spawn_file_actions_destroy(&fa);
    posix_spawnattr_destroy(&at);
    if (rc)
        return tb_fail(e, TB_INTERNAL, "文件解析程序启动失败，请稍后再试", "spawn %s errno=%d",
                       file, rc);
    return TB_OK;
}

static enum tb_code start(struct child *c, int fd, const char *mode, int64_t wall_ms,
                          struct tb_err *e)
{
    int p[2];
    enum tb_code code;

    *c = (struct child){ .end_ms = now_ms() + wall_ms, .in = BUF_INIT(LINE_MAX_BYTES * 4) };
    if (pipe2(p, O_CLOEXEC) != 0)
        return tb_fail(e, TB_INTERNAL, "系统资源不足，请稍后再试", "pipe errno=%d", errno);
    code = spawn(c, fd, p[1], mode, e);
    close(p[1]);
    c->from = p[0];
    if (code)
        close(p[0]);
    return code;
}

/* Waits for output until the wall clock says no; n 0 means the child closed its end. */
static enum tb_code read_some(struct child *c, char *to, size_t max, size_t *n, struct tb_err *e)
{
    for (;;) {
        int64_t left = c->end_ms - now_ms();
        struct pollfd p = { c->from, POLLIN, 0 };
        ssize_t k;

        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return tb_fail(e, TB_TIMEOUT, "文件处理超时，已停止；请检查文件是否异常庞大或复杂",
                           "child wall clock");
        k = read(c->from, to, max);
        if (k < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (k < 0)
            return tb_fail(e, TB_INTERNAL, "文件处理失败，请重试", "pipe read errno=%d", errno);
        *n = (size_t)k;
        return TB_OK;
    }
}

static int wait_for(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* How it ended, in words; what it said itself has been read before. */
static enum tb_code ended(int status, struct tb_err *e)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return TB_OK;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return tb_fail(e, TB_INVALID, "文件触发了安全限制，已停止处理；它可能是恶意文件",
                       "child killed by seccomp");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return tb_fail(e, TB_TIMEOUT, "文件太复杂，处理时间超过上限，已停止", "child cpu limit");
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGKILL))
        return tb_fail(e, TB_TOO_LARGE, "文件太大或太复杂，处理时超过内存上限，已停止",
                       "child signal=%d", WTERMSIG(status));
    return tb_fail(e, TB_INVALID, "文件已损坏，无法解析", "child status=%d", status);
}

static enum tb_code stop(struct child *c, enum tb_code code, struct tb_err *e)
{
    int status;

    if (code)
        kill(c->pid, SIGKILL);
    close(c->from);
    status = wait_for(c->pid);
    buf_release(&c->in);
    return code ? code : ended(status, e);
}

static enum tb_code code_of(struct str name)
{
    for (enum tb_code k = TB_INVALID; k < TB_CODE_COUNT; k++)
        if (str_eqz(name, tb_code_name(k)))
            return k;
    return TB_INTERNAL;
}

/* {"error":{…}} as the child says it. */
static enum tb_code child_error(struct str json, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    const struct json_value *v, *err;
    enum tb_code code = TB_OK;

    if (str_starts(json, STR("{\"error\":")) && !json_read(&a, str_trim(json), &v, e)) {
        err = json_get(v, "error");
        code = tb_fail_say(e, code_of(json_get_str(err, "code")), json_get_str(err, "say"),
                           json_get_str(err, "log"));
    }
    arena_release(&a);
    return code ? code : e->code;
}

static enum tb_code read_all(struct child *c, struct buf *out, struct tb_err *e)
{
    static _Thread_local char part[256 * 1024];
    size_t n;

    for (;;) {
        if (read_some(c, part, sizeof(part), &n, e))
            return e->code;
        if (n == 0)
            return TB_OK;
        buf_add(out, str_of(part, n));
        if (out->over)
            return tb_fail(e, TB_TOO_LARGE, "文件里的内容太多，请拆成几个文件再上传",
                           "child output");
    }
}

enum tb_code extract_child(struct arena *a, int fd, struct str *json, struct tb_err *e)
{
    return extract_child_within(a, fd, CHILD_WALL_MS, json, e);
}

enum tb_code extract_child_within(struct arena *a, int fd, int64_t wall_ms, struct str *json,
                                  struct tb_err *e)
{
    struct buf out = BUF_INIT(CHILD_OUT_MAX);
    struct child c;
    enum tb_code code = start(&c, fd, NULL, wall_ms, e);

    if (code)
        return code;
    code = stop(&c, read_all(&c, &out, e), e);
    if (!code)
        code = child_error(buf_str(&out), e);
    if (!code && out.n == 0)
        code = tb_fail(e, TB_INVALID, "文件已损坏，无法解析", "child said nothing");
    *json = code ? STR("") : arena_str(a, buf_str(&out));
    buf_release(&out);
    return code;
}

/* ---- unpacking ---- */

static enum tb_code fill(struct child *c, struct tb_err *e)
{
    char part[LINE_MAX_BYTES];
    size_t n;

    if (read_some(c, part, sizeof(part), &n, e))
        return e->code;
    c->ended = n == 0;
    buf_add(&c->in, str_of(part, n));
    return TB_OK;
}

static enum tb_code broken_stream(struct tb_err *e)
{
    return tb_fail(e, TB_INVALID, "压缩包已损坏，读不出来", "unpack stream");
}

/* One line of JSON, copied into a. */
static enum tb_code line_read(struct child *c, struct arena *a, struct str *line, struct tb_err *e)
{
    size_t end;

    while ((end = str_find(buf_str(&c->in), STR("\n"))) == SIZE_MAX) {
        if (c->ended || c->in.n > LINE_MAX_BYTES)
            return broken_stream(e);
        if (fill(c, e))
            return e->code;
    }
    *line = arena_str(a, str_sub(buf_str(&c->in), 0, end));
    buf_drop_front(&c->in, end + 1);
    return TB_OK;
}

static bool write_whole(int fd, struct str s)
{
    while (s.n) {
        ssize_t k = write(fd, s.p, s.n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        s = str_from(s, (size_t)k);
    }
    return true;
}

static enum tb_code body_to(struct child *c, int fd, int64_t left, struct tb_err *e)
{
    while (left > 0) {
        struct str part = buf_str(&c->in);

        if (!part.n) {
            if (c->ended)
                return broken_stream(e);
            if (fill(c, e))
                return e->code;
            continue;
        }
        part = str_sub(part, 0, (size_t)left);
        if (!write_whole(fd, part))
            return tb_fail(e, TB_STORE, "磁盘写不进去，请清理后再试", "write errno=%d", errno);
        left -= (int64_t)part.n;
        buf_drop_front(&c->in, part.n);
    }
    return TB_OK;
}

struct unpacking {
    struct child *c;
    const char *tmp_dir;
    enum tb_code (*each)(void *self, const struct unpacked *m, struct tb_err *e);
    void *self;
};

static enum tb_code member_to_file(struct unpacking *u, struct unpacked *m, struct arena *a,
                                   struct tb_err *e)
{
    char *path = arena_z(a, arena_printf(a, "%s/unpack.XXXXXX", u->tmp_dir));
    int fd = mkostemp(path, O_CLOEXEC);
    enum tb_code code;

    if (fd < 0)
        return tb_fail(e, TB_STORE, "磁盘写不进去，请清理后再试", "mkostemp errno=%d", errno);
    code = body_to(u->c, fd, m->bytes, e);
    close(fd);
    m->path = path;
    if (!code)
        code = u->each(u->self, m, e);
    unlink(path);
    return code;
}

static enum tb_code member_read(struct unpacking *u, struct arena *a, bool *more, struct tb_err *e)
{
    struct unpacked m = { .name = STR("") };
    const struct json_value *v;
    struct str line;

    if (line_read(u->c, a, &line, e) || child_error(line, e) || json_read(a, line, &v, e))
        return e->code;
    *more = !json_get_bool(v, "end", false);
    if (!*more)
        return TB_OK;
    m.name = json_get_str(v, "name");
    m.bytes = json_get_int(v, "bytes", -1);
    m.skip = json_get(v, "skip") ? arena_z(a, json_get_str(v, "skip")) : NULL;
    if (m.skip)
        return u->each(u->self, &m, e);
    return m.bytes < 0 ? broken_stream(e) : member_to_file(u, &m, a, e);
}

enum tb_code unpack_child(int fd, const char *tmp_dir,
                          enum tb_code (*each)(void *self, const struct unpacked *m,
                                               struct tb_err *e),
                          void *self, struct tb_err *e)
{
    struct child c;
    struct unpacking u = { &c, tmp_dir, each, self };
    enum tb_code code = start(&c, fd, "--unpack", UNPACK_WALL_MS, e);
    bool more = true;

    if (code)
        return code;
    while (!code && more) {
        struct arena a = ARENA_INIT;

        code = member_read(&u, &a, &more, e);
        arena_release(&a);
    }
    return stop(&c, code, e);
}
