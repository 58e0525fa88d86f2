/* tongban-extract: the sandboxed child that reads one untrusted file from descriptor 0 and writes
 * one JSON object to descriptor 1. `--unpack` writes the members of an archive instead; `--probe
 * WHAT` tries one forbidden thing from inside the walls, for the test that they hold. */
#include "extract/read.h"
#include "extract/sandbox.h"
#include "extract/unpack.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { OUT_MAX = 64 * 1024 * 1024 };

#ifdef SANDBOX_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0:symbolize=0"; /* both fork, which the walls forbid */
}
#endif

static enum tb_code read_all(struct arena *a, struct str *out, struct tb_err *e)
{
    size_t n = 0, cap = 1 << 20;
    char *p = arena_alloc(a, cap + 1);

    for (;;) {
        ssize_t k = read(0, p + n, cap - n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return tb_fail(e, TB_STORE, "读文件失败，请检查磁盘后再试", "read errno=%d", errno);
        if (k == 0)
            break;
        n += (size_t)k;
        if (n > EXTRACT_BYTES_MAX)
            return tb_fail(e, TB_TOO_LARGE, "文件太大（上限 64 MB），请拆成几个文件再上传", "n=%zu",
                           n);
        if (n == cap) {
            char *wider = arena_alloc(a, cap * 4 + 1);

            memcpy(wider, p, n);
            p = wider;
            cap *= 4;
        }
    }
    p[n] = 0;
    *out = str_of(p, n);
    return TB_OK;
}

static int write_all(struct str s)
{
    while (s.n) {
        ssize_t k = write(1, s.p, s.n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return 1;
        s = str_from(s, (size_t)k);
    }
    return 0;
}

static int say_error(const struct tb_err *e)
{
    struct buf json = BUF_INIT(4096);

    extract_write_error(e, &json);
    buf_addc(&json, '\n');
    return write_all(buf_str(&json));
}

static bool in_read(void *self, char *to, size_t n, size_t *got)
{
    ssize_t k;

    (void)self;
    do
        k = read(0, to, n);
    while (k < 0 && errno == EINTR);
    *got = k > 0 ? (size_t)k : 0;
    return k >= 0;
}

static bool out_write(void *self, struct str bytes)
{
    (void)self;
    return write_all(bytes) == 0;
}

static enum tb_code unpack(struct arena *a, struct tb_err *e)
{
    const struct unpack_io io = { NULL, in_read, out_write };

    return unpack_run(a, &io, e);
}

static enum tb_code extract(struct arena *a, struct tb_err *e)
{
    struct buf out = BUF_INIT(OUT_MAX);
    struct reading r;
    struct str bytes;

    if (read_all(a, &bytes, e) || extract_read(a, bytes, &r, e))
        return e->code;
    extract_write(&r, &out);
    if (out.over)
        return tb_fail(e, TB_TOO_LARGE, "文件里的内容太多，请拆成几个文件再上传", "output over");
    return write_all(buf_str(&out)) ? tb_fail(e, TB_CANCELLED, "已停止", "write") : TB_OK;
}

int main(int argc, char **argv)
{
    struct arena a = ARENA_INIT; /* never released: the kernel frees the rest */
    struct tb_err e = TB_ERR_INIT;
    bool unpacking = argc == 2 && strcmp(argv[1], "--unpack") == 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    extract_warm_up();
    if (sandbox_enter(unpacking ? 120 : 30, &e))
        return say_error(&e);
    if (argc == 3 && strcmp(argv[1], "--probe") == 0)
        return sandbox_probe(argv[2]) ? 0 : 9;
    if (unpacking ? unpack(&a, &e) : extract(&a, &e))
        return say_error(&e);
    return 0;
}
