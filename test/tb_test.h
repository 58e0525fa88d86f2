/* The unit test harness: a table of tests, TAP on stdout. A static test left out of the table fails
 * the build as unused. Names are claims: an_expired_clause_is_never_returned. */
#ifndef TB_TEST_H
#define TB_TEST_H
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static int tb_test_bad;

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            tb_test_bad = 1;                                                                       \
            printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #x);                               \
        }                                                                                          \
    } while (0)
#define CHECK_STR(got, want)                                                                       \
    do {                                                                                           \
        struct str tb_got = (got), tb_want = str_z(want);                                          \
        if (!str_eq(tb_got, tb_want)) {                                                            \
            tb_test_bad = 1;                                                                       \
            printf("# %s:%d: %s is \"%.*s\", not \"%.*s\"\n", __FILE__, __LINE__, #got,            \
                   STR_FMT(tb_got), STR_FMT(tb_want));                                             \
        }                                                                                          \
    } while (0)
#define CHECK_INT(got, want)                                                                       \
    do {                                                                                           \
        long long tb_got = (long long)(got), tb_want = (long long)(want);                          \
        if (tb_got != tb_want) {                                                                   \
            tb_test_bad = 1;                                                                       \
            printf("# %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, tb_got, tb_want);  \
        }                                                                                          \
    } while (0)

struct tb_test {
    const char *name;
    void (*run)(void);
};
#define TEST(f)                                                                                    \
    {                                                                                              \
#f, f                                                                                      \
    }

/* before and after each test; NULL: nothing */
static inline int tb_test_around(const struct tb_test *tests, size_t n, void (*before)(void),
                                 void (*after)(void))
{
    int bad = 0;

    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        tb_test_bad = 0;
        if (before)
            before();
        tests[i].run();
        if (after)
            after();
        bad |= tb_test_bad;
        printf("%s %zu - %s\n", tb_test_bad ? "not ok" : "ok", i + 1, tests[i].name);
        fflush(stdout);
    }
    return bad;
}
static inline int tb_test_main(const struct tb_test *tests, size_t n)
{
    return tb_test_around(tests, n, NULL, NULL);
}
#define TEST_MAIN(table)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        return tb_test_main(table, sizeof(table) / sizeof((table)[0]));                            \
    }

#endif
