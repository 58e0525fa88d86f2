/* The log: whole lines in order, and nobody who says one waits for who reads them. */
#include "base/log.h"

#include "base/metrics.h"
#include "base/world.h"
#include "tb_test.h"

#include "base/buf.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { SMALL_PIPE = 4096, LINES = 60000 };

static void open_pipe(int fd[2])
{
    CHECK_INT(pipe(fd), 0);
    CHECK(fcntl(fd[1], F_SETPIPE_SZ, SMALL_PIPE) >= 0);
    log_open(fd[1], LOG_INFO);
}

static void *read_all(void *arg)
{
    static struct buf got = BUF_INIT(64 << 20);
    const int *fd = arg;
    char part[65536];
    ssize_t n;

    buf_reset(&got);
    while ((n = read(*fd, part, sizeof(part))) > 0)
        buf_add(&got, str_of(part, (size_t)n));
    return &got;
}

/* Ends the writer and the pipe; every line that came out of it. */
static struct str finish(int fd[2])
{
    pthread_t reader;
    void *got;

    CHECK_INT(pthread_create(&reader, NULL, read_all, &fd[0]), 0);
    log_writer_stop(10000);
    log_open(2, LOG_ERROR);
    close(fd[1]);
    pthread_join(reader, &got);
    close(fd[0]);
    return buf_str(got);
}

/* Lines "n=0", "n=1" … without a gap or a tear; how many. */
static long counted(struct str *rest, const char *event)
{
    char want[64];
    long n = 0;

    while (rest->n) {
        struct str was = *rest, line = str_cut(rest, STR("\n"));

        snprintf(want, sizeof(want), "\"event\":\"%s\",\"msg\":\"n=%ld.\"}", event, n);
        if (!str_starts(line, STR("{\"ts\":\"")) || !str_ends(line, str_z(want))) {
            *rest = was;
            break;
        }
        n++;
    }
    return n;
}

static void who_speaks_waits_for_no_reader(void)
{
    double lost = metric_get("log_lost_total", "");
    int64_t began = world_mono_us(world_real());
    struct str got;
    long kept;
    int fd[2];

    open_pipe(fd);
    log_writer_start();
    for (int i = 0; i < LINES; i++) /* nobody reads yet, and the pipe takes forty */
        log_line(LOG_INFO, "flood", "n=%d.", i);
    CHECK(world_mono_us(world_real()) - began < 5 * 1000000);
    got = finish(fd);
    kept = counted(&got, "flood");
    CHECK(kept > 20000 && kept < LINES);
    CHECK(str_has(got, STR("\"event\":\"log_lost\"")));
    CHECK_INT((int64_t)(metric_get("log_lost_total", "") - lost), LINES - kept);
}

static void lines_are_written_in_order_and_all_of_them_at_the_end(void)
{
    struct str got;
    int fd[2];

    open_pipe(fd);
    log_writer_start();
    for (int i = 0; i < 500; i++)
        log_line(LOG_INFO, "tale", "n=%d.", i);
    got = finish(fd);
    CHECK_INT(counted(&got, "tale"), 500);
    CHECK_INT(got.n, 0);
}

static void a_writer_whose_disk_hangs_does_not_keep_the_program(void)
{
    int64_t began = world_mono_us(world_real());
    int fd[2];
    char part[65536];

    open_pipe(fd);
    log_writer_start();
    for (int i = 0; i < 200; i++)
        log_line(LOG_INFO, "stuck", "n=%d.", i);
    log_writer_stop(100);
    CHECK(world_mono_us(world_real()) - began < 3 * 1000000);
    for (size_t n = 0; n < 200 * 70;) { /* let it go on, so that the test ends with one thread */
        ssize_t m = read(fd[0], part, sizeof(part));

        CHECK(m > 0);
        n += (size_t)(m > 0 ? m : 1 << 20);
    }
    log_open(2, LOG_ERROR);
}

static void *speak(void *arg)
{
    for (int i = 0; i < 500; i++)
        log_line(LOG_INFO, "many", "from=%s words=%s", (const char *)arg,
                 "一二三四五六七八九十一二三四五六七八九十");
    return NULL;
}

static void lines_of_many_threads_are_not_torn(void)
{
    static const char *const names[] = { "a", "b", "c", "d" };
    pthread_t t[4];
    struct str got;
    int fd[2], n = 0;

    open_pipe(fd);
    log_writer_start();
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&t[i], NULL, speak, (void *)(uintptr_t)names[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    got = finish(fd);
    while (got.n) {
        struct str line = str_cut(&got, STR("\n"));

        CHECK(str_starts(line, STR("{\"ts\":\"")) && str_ends(line, STR("八九十\"}")));
        n++;
    }
    CHECK_INT(n, 4 * 500);
}

static const struct tb_test tests[] = {
    TEST(lines_are_written_in_order_and_all_of_them_at_the_end),
    TEST(lines_of_many_threads_are_not_torn),
    TEST(who_speaks_waits_for_no_reader),
    TEST(a_writer_whose_disk_hangs_does_not_keep_the_program),
};
TEST_MAIN(tests)
