/* Streams of events, people who leave, and stopping. */
#include "scene.h"

static void events_arrive_in_chunks_and_the_connection_goes_on(void)
{
    struct scene s;
    struct str got;
    int fd;

    begin(&s);
    fd = dial(&s);
    say(fd, STR(POST_TO("/api/three")));
    got = hear(&s, fd, "\r\n0\r\n\r\n");
    CHECK_INT(status_in(got), 200);
    CHECK(str_has(got, STR("Content-Type: text/event-stream; charset=utf-8\r\n")));
    CHECK(str_has(got, STR("X-Accel-Buffering: no\r\n")));
    CHECK(str_has(got, STR("Set-Cookie: tb_device=abc; Path=/; Max-Age=60; SameSite=Strict; "
                           "HttpOnly\r\n")));
    CHECK(str_ends(got, STR("\r\n\r\n18\r\nevent: n\ndata: {\"n\":1}\n\n\r\n18\r\nevent: n\ndata: "
                            "{\"n\":2}\n\n\r\n18\r\nevent: n\ndata: {\"n\":3}\n\n\r\n0\r\n\r\n")));
    say(fd, STR(GET_HELLO));
    CHECK_INT(status_in(hear(&s, fd, "}")), 200);
    close(fd);
    CHECK(str_ends(follow(&s, "POST /api/three HTTP/1.0\r\n\r\n"),
                   STR("data: {\"n\":2}\n\nevent: n\ndata: {\"n\":3}\n\n")));
    end(&s);
}

static void a_stream_that_fails_says_so_before_or_within(void)
{
    struct scene s;
    struct str got;

    begin(&s);
    got = follow(&s,
                 "POST /api/early HTTP/1.1\r\n" H "Connection: close\r\nContent-Length: 0\r\n\r\n");
    CHECK_INT(status_in(got), 503);
    CHECK(str_has(got, STR("\"code\":\"busy\"")));
    CHECK(str_has(got, STR("Content-Type: application/json")));
    {
        int fd = dial(&s);

        say(fd, STR(POST_TO("/api/late")));
        got = hear(&s, fd, "0\r\n\r\n");
        CHECK_INT(status_in(got), 200);
        CHECK(str_has(got,
                      STR("event: error\ndata: {\"code\":\"upstream\",\"message\":\"引擎中断\"")));
        close(fd);
    }
    end(&s);
}

static void a_person_who_leaves_is_noticed_at_once(void)
{
    struct scene s;
    int64_t left;
    int fd;

    begin(&s);
    fd = dial(&s);
    say(fd, STR(POST_TO("/api/hang")));
    hear(&s, fd, "data: ");
    wait_until(&running, 1);
    left = now_us();
    close(fd);
    wait_until(&cancelled, 1);
    CHECK(atomic_load(&gone_at) - left < 100000);
    printf("# noticed after %lld us\n", (long long)(atomic_load(&gone_at) - left));
    wait_until(&afters, 1);
    end(&s);
}

static void a_silent_stream_is_kept_awake(void)
{
    struct scene s;
    int fd;

    begin_with(&s, (struct server_options){ .ping_ms = 50 });
    fd = dial(&s);
    say(fd, STR(POST_TO("/api/hang")));
    CHECK(str_has(hear(&s, fd, ": ping"), STR("8\r\n: ping\n\n\r\n")));
    close(fd);
    end(&s);
}

static void a_reader_too_slow_for_the_stream_is_left_behind(void)
{
    struct scene s;
    int fd;

    begin(&s);
    fd = dial(&s);
    say(fd, STR(POST_TO("/api/flood")));
    wait_until(&cancelled, 1);
    close(fd);
    CHECK_INT(status_in(ask(&s, GET_HELLO)), 200);
    end(&s);
}

static long resident_kb(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;

    CHECK(f && fscanf(f, "%ld %ld", &size, &resident) == 2);
    fclose(f);
    return resident * 4;
}

static void five_hundred_streams_are_open_at_once(void)
{
    enum { MANY = 500 };
    static int fds[MANY];
    struct scene s;
    long before;

    begin_with(&s, (struct server_options){ .slow_workers = MANY, .proxies = "127.0.0.1" });
    before = resident_kb();
    for (int i = 0; i < MANY; i++) {
        fds[i] = dial(&s);
        CHECK(fds[i] >= 0 && say(fds[i], STR(POST_TO("/api/hang"))));
    }
    wait_until(&running, MANY);
    printf("# %ld kB for each stream with its worker\n", (resident_kb() - before) / MANY);
    CHECK_INT(status_in(ask(&s, GET_HELLO)), 200);
    atomic_store(&let_go, 1);
    for (int i = 0; i < MANY; i++) {
        struct str got = hear(&s, fds[i], "0\r\n\r\n");

        CHECK(str_has(got, STR("{\"n\":1}")) && str_has(got, STR("event: last")));
        close(fds[i]);
    }
    end(&s);
}

/* ---- stopping ---- */

static void *stop_in_thread(void *arg)
{
    struct scene *s = arg;

    server_stop(s->server, 5000);
    s->server = NULL;
    return NULL;
}

static void a_stopping_server_lets_answers_end_and_takes_no_more(void)
{
    struct scene s;
    pthread_t stopper;
    struct str got;
    int fd, idle, refused = -1;

    begin(&s);
    idle = dial(&s);
    say(idle, STR(GET_HELLO));
    hear(&s, idle, "}");
    fd = dial(&s);
    say(fd, STR(POST_TO("/api/hang")));
    hear(&s, fd, "data: ");
    pthread_create(&stopper, NULL, stop_in_thread, &s);
    CHECK_STR(hear(&s, idle, NULL), ""); /* a connection at rest is closed */
    for (int i = 0; i < 5000 && refused < 0; i++) {
        int other = dial(&s);

        refused = other < 0 ? 1 : refused;
        close(other);
        usleep(1000);
    }
    CHECK_INT(refused, 1);
    CHECK_INT(atomic_load(&cancelled), 0);
    atomic_store(&let_go, 1);
    got = hear(&s, fd, NULL);
    CHECK(str_has(got, STR("event: last")) && str_ends(got, STR("0\r\n\r\n")));
    pthread_join(stopper, NULL);
    close(fd);
    close(idle);
    end(&s);
}

static void a_stopping_server_cancels_what_does_not_end(void)
{
    struct scene s;
    struct str got;
    int fd;

    begin(&s);
    fd = dial(&s);
    say(fd, STR(POST_TO("/api/hang")));
    hear(&s, fd, "data: ");
    server_stop(s.server, 50);
    s.server = NULL;
    CHECK_INT(atomic_load(&cancelled), 1);
    got = hear(&s, fd, NULL);
    CHECK(!str_has(got, STR("0\r\n\r\n"))); /* nobody may take it for whole */
    close(fd);
    end(&s);
}

static const struct tb_test tests[] = {
    TEST(events_arrive_in_chunks_and_the_connection_goes_on),
    TEST(a_stream_that_fails_says_so_before_or_within),
    TEST(a_person_who_leaves_is_noticed_at_once),
    TEST(a_silent_stream_is_kept_awake),
    TEST(a_reader_too_slow_for_the_stream_is_left_behind),
    TEST(five_hundred_streams_are_open_at_once),
    TEST(a_stopping_server_lets_answers_end_and_takes_no_more),
    TEST(a_stopping_server_cancels_what_does_not_end),
};
RUN_TESTS(tests)
