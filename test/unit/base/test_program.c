#include "base/program.h"

#include "tb_test.h"

#include <signal.h>

static struct arena mem;

static enum tb_code run(const char *name, struct str in, int64_t wall_ms, size_t most,
                        struct str *out, int *status)
{
    struct tb_err e = TB_ERR_INIT;
    struct program_run p = { name, in, wall_ms, most };

    return program_run(&mem, &p, out, status, &e);
}

static void what_goes_in_comes_out_however_much(void)
{
    size_t n = 3 << 20; /* more than a pipe holds */
    char *text = arena_alloc(&mem, n);
    struct str out;
    int status;

    memset(text, 'x', n);
    CHECK_INT(run("/bin/cat", str_of(text, n), 10000, n, &out, &status), TB_OK);
    CHECK_INT(status, 0);
    CHECK(str_eq(out, str_of(text, n)));
    CHECK_INT(run("/bin/cat", STR(""), 10000, 10, &out, &status), TB_OK);
    CHECK_INT(out.n, 0);
}

static void too_long_too_much_and_not_there_are_told_apart(void)
{
    struct str out;
    int status;

    CHECK_INT(run("/bin/cat", STR("1234567890"), 10000, 5, &out, &status), TB_TOO_LARGE);
    CHECK_INT(run("no-such-program", STR(""), 1000, 5, &out, &status), TB_INTERNAL);
    CHECK_INT(run("/usr/bin/yes", STR(""), 1, (size_t)1 << 40, &out, &status), TB_TIMEOUT);
    CHECK_INT(status, 128 + SIGKILL);
    CHECK_INT(run("/bin/false", STR(""), 10000, 5, &out, &status), TB_OK);
    CHECK_INT(status, 1);
}

static const struct tb_test tests[] = {
    TEST(what_goes_in_comes_out_however_much),
    TEST(too_long_too_much_and_not_there_are_told_apart),
};

int main(void)
{
    int code = tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));

    arena_release(&mem);
    return code;
}
