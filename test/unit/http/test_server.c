/* Requests: what is answered, what is refused and how. */
#include "scene.h"

static void a_reply_has_the_headers_that_protect_and_no_server_name(void)
{
    struct scene s;
    struct str got;

    begin(&s);
    got = ask(&s, GET_HELLO);
    CHECK_INT(status_in(got), 200);
    CHECK(str_ends(got, STR("{\"name\":\"明\",\"q\":\"a b\",\"cookie\":\"yes\"}")));
    CHECK(str_has(got, STR("X-Content-Type-Options: nosniff\r\n")));
    CHECK(str_has(got, STR("X-Frame-Options: DENY\r\n")));
    CHECK(str_has(got, STR("Content-Security-Policy: default-src 'none'")));
    CHECK(str_has(got, STR("Cache-Control: no-store\r\n")));
    CHECK(str_has(got, STR("X-Request-Id: ")));
    CHECK(!str_has(got, STR("\nServer:")));
    CHECK(!str_has(got, STR("unsafe")));
    CHECK_INT(atomic_load(&afters), 1);
    end(&s);
}

static void a_request_id_is_echoed_when_it_is_one(void)
{
    struct scene s;

    begin(&s);
    CHECK(str_has(ask(&s, "GET /api/hello/x HTTP/1.1\r\n" H "X-Request-Id: abc-123_XYZ\r\n\r\n"),
                  STR("X-Request-Id: abc-123_XYZ\r\n")));
    CHECK(!str_has(ask(&s, "GET /api/hello/x HTTP/1.1\r\n" H "X-Request-Id: a\"b{}<>12345\r\n\r\n"),
                   STR("a\"b")));
    end(&s);
}

static void pipelined_requests_are_answered_in_order(void)
{
    struct scene s;
    struct buf many = BUF_INIT(1 << 20);
    struct str got;
    int fd;

    begin(&s);
    for (int i = 0; i < 500; i++)
        buf_addf(&many, "GET /api/hello/n%03d HTTP/1.1\r\n" H "\r\n", i);
    buf_addz(&many, "GET /api/hello/last HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    fd = dial(&s);
    CHECK(say(fd, buf_str(&many)));
    got = hear(&s, fd, NULL);
    for (int i = 0; i < 500; i++) {
        char want[32];
        size_t at;

        snprintf(want, sizeof(want), "\"n%03d\"", i);
        at = str_find(got, str_z(want));
        CHECK(at != SIZE_MAX);
        got = at == SIZE_MAX ? got : str_from(got, at);
    }
    CHECK(str_has(got, STR("\"last\"")));
    close(fd);
    buf_release(&many);
    end(&s);
}

static void what_follows_a_broken_request_is_not_read_as_another(void)
{
    static const char *const shapes[] = {
        "POST /api/echo HTTP/1.1\r\n" H "Content-Length : 40\r\n\r\n",
        "POST /api/echo HTTP/1.1\r\n" H "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /api/echo HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n",
        "POST /api/echo HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /api/echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
        "POST /api/echo HTTP/1.1\r\n" H "Content-Length: 2000\r\n\r\n",
        "DELETE /api/echo HTTP/1.1\r\n" H "Content-Length: 60\r\n\r\n",
    };
    struct scene s;
    struct buf b = BUF_INIT(10000);

    begin(&s);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct str got;

        buf_reset(&b);
        buf_addz(&b, shapes[i]);
        buf_addz(&b, "GET /api/hello/smuggled HTTP/1.1\r\n" H "\r\n");
        got = ask(&s, b.p);
        CHECK(status_in(got) >= 400);
        CHECK(!str_has(got, STR("smuggled")));
        CHECK(str_has(got, STR("Connection: close\r\n")));
    }
    buf_release(&b);
    end(&s);
}

static void a_body_beyond_the_limit_is_refused_before_it_is_sent(void)
{
    struct scene s;
    int fd;

    begin(&s);
    fd = dial(&s);
    CHECK(say(fd, STR("POST /api/echo HTTP/1.1\r\n" H "Content-Length: 1001\r\n"
                      "Expect: 100-continue\r\n\r\n")));
    CHECK_INT(status_in(hear(&s, fd, "request_id")), 413);
    close(fd);
    CHECK_INT(atomic_load(&afters), 1); /* the trail knows */
    fd = dial(&s);
    CHECK(say(fd, STR("POST /api/echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
                      "Content-Length: 13\r\nExpect: 100-continue\r\n\r\n")));
    CHECK_STR(hear(&s, fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(say(fd, STR("{\"text\":\"a\"}\n")));
    CHECK_INT(status_in(hear(&s, fd, "}")), 200);
    close(fd);
    end(&s);
}

static void a_chunked_body_counts_too(void)
{
    struct scene s;
    struct buf b = BUF_INIT(10000);

    begin(&s);
    CHECK(str_ends(ask(&s, "POST /api/echo HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"tex\r\n7\r\nt\":\"b\"}\r\n"
                           "0\r\n\r\n"),
                   STR("{\"text\":\"b\"}")));
    buf_addz(&b, "POST /api/echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3e9\r\n");
    for (int i = 0; i < 1001; i++)
        buf_addc(&b, ' ');
    buf_addz(&b, "\r\n0\r\n\r\n");
    CHECK_INT(status_in(ask(&s, b.p)), 413);
    buf_release(&b);
    end(&s);
}

static void a_body_must_be_the_json_that_is_known(void)
{
    static const struct {
        const char *type, *body;
        int status;
    } shapes[] = {
        { "application/json", "{\"text\":\"x\"}", 200 },
        { "application/json; charset=utf-8", "{\"text\":\"x\"}", 200 },
        { "text/plain", "{\"text\":\"x\"}", 415 },
        { "application/x-www-form-urlencoded", "text=x", 415 },
        { "application/json", "{\"text\":\"x\"", 400 },
        { "application/json", "{\"text\":\"x\"}}", 400 },
        { "application/json", "[]", 400 },
        { "application/json", "", 400 },
        { "application/json", "{\"text\":\"\xff\"}", 400 },
        { "application/json", "{\"text\":\"\xed\xa0\x80\"}", 400 },
        { "application/json", "{\"text\":\"x\",\"more\":1}", 400 },
        { "application/json", "{\"text\":\"x\",\"text\":\"y\"}", 400 },
        { "application/json", "{text:1}", 400 },
    };
    struct scene s;
    struct buf b = BUF_INIT(10000);

    begin(&s);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        buf_reset(&b);
        buf_addf(
            &b, "POST /api/echo HTTP/1.1\r\n" H "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
            shapes[i].type, strlen(shapes[i].body), shapes[i].body);
        CHECK_INT(status_in(ask(&s, b.p)), shapes[i].status);
    }
    buf_release(&b);
    end(&s);
}

static void head_and_options_and_unknown_methods(void)
{
    struct scene s;
    struct str got;

    begin(&s);
    got = ask(&s, "HEAD /api/hello/x HTTP/1.1\r\n" H "\r\n");
    CHECK_INT(status_in(got), 200);
    CHECK(str_has(got, STR("Content-Length: 31\r\n")));
    CHECK(str_ends(got, STR("\r\n\r\n")));
    got = ask(&s, "OPTIONS /api/hello/x HTTP/1.1\r\n" H "\r\n");
    CHECK_INT(status_in(got), 204);
    CHECK(str_has(got, STR("Allow: GET, HEAD, OPTIONS\r\n")));
    got = ask(&s, "DELETE /api/echo HTTP/1.1\r\n" H "\r\n");
    CHECK_INT(status_in(got), 405);
    CHECK(str_has(got, STR("Allow: POST\r\n")));
    CHECK_INT(status_in(ask(&s, "BREW /api/echo HTTP/1.1\r\n" H "\r\n")), 501);
    CHECK_INT(status_in(ask(&s, "GET /api/nothing HTTP/1.1\r\n" H "\r\n")), 404);
    CHECK_INT(status_in(ask(&s, "GET /api/hello/%2e%2e HTTP/1.1\r\n" H "\r\n")), 400);
    end(&s);
}

static void a_handlers_error_says_its_code_and_when_to_come_again(void)
{
    struct scene s;
    struct str got;

    begin(&s);
    got = ask(&s, "GET /api/fail HTTP/1.1\r\n" H "X-Request-Id: 12345678\r\n\r\n");
    CHECK_INT(status_in(got), 429);
    CHECK(str_has(got, STR("Retry-After: 7\r\n")));
    CHECK(str_ends(got, STR("{\"error\":{\"code\":\"limited\",\"message\":\"太快了\","
                            "\"request_id\":\"12345678\",\"retry_after\":7}}")));
    end(&s);
}

static void a_role_gets_what_it_may(void)
{
    struct scene s;

    begin(&s);
    CHECK_INT(status_in(ask(&s, "GET /api/users HTTP/1.1\r\n" H "\r\n")), 401);
    CHECK_INT(status_in(ask(&s, "GET /api/users HTTP/1.1\r\n" H "X-Role: clerk\r\n\r\n")), 403);
    CHECK_INT(
        status_in(ask(&s, "GET /api/users HTTP/1.1\r\n" H "X-Role: security_officer\r\n\r\n")),
        200);
    CHECK_INT(atomic_load(&afters), 3);
    end(&s);
}

static void hosts_and_proxies_are_believed_only_when_named(void)
{
    struct scene s;

    begin_with(&s, (struct server_options){ .hosts = "localhost,[::1]", .proxies = "127.0.0.1" });
    CHECK_INT(status_in(ask(&s, "GET /api/hello/x HTTP/1.1\r\nHost: LocalHost:8080\r\n\r\n")), 200);
    CHECK_INT(status_in(ask(&s, "GET /api/hello/x HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n")), 200);
    CHECK_INT(status_in(ask(&s, "GET /api/hello/x HTTP/1.1\r\nHost: evil.example\r\n\r\n")), 421);
    CHECK_INT(status_in(ask(&s, "GET http://evil.example/api/hello/x HTTP/1.1\r\n" H "\r\n")), 421);
    ask(&s,
        "GET /api/hello/x HTTP/1.1\r\n" H "X-Forwarded-For: 9.9.9.9, 10.1.2.3, 127.0.0.1\r\n\r\n");
    CHECK_STR(str_z(last_address), "10.1.2.3");
    CHECK(str_has(follow(&s, "POST /api/three HTTP/1.1\r\n" H "X-Forwarded-Proto: https\r\n"
                             "Connection: close\r\nContent-Length: 0\r\n\r\n"),
                  STR("HttpOnly; Secure\r\n")));
    end(&s);
    begin(&s);
    ask(&s, "GET /api/hello/x HTTP/1.1\r\n" H "X-Forwarded-For: 9.9.9.9\r\n\r\n");
    CHECK_STR(str_z(last_address), "127.0.0.1");
    end(&s);
}

static void a_head_that_trickles_in_is_cut_off(void)
{
    struct scene s;
    struct str got = STR_NONE;
    int64_t began = now_us();
    int fd;

    begin_with(&s, (struct server_options){ .head_timeout_ms = 300 });
    fd = dial(&s);
    CHECK(say(fd, STR("GET /api/hello/x HTTP/1.1\r\n")));
    for (int i = 0; i < 500; i++) { /* a byte each 10 ms: never silent for long */
        struct timeval wait = { 0, 10000 };
        char b[4096];
        ssize_t n;

        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
        n = recv(fd, b, sizeof(b), 0);
        if (n > 0) {
            buf_add(&s.got, str_of(b, (size_t)n));
            got = buf_str(&s.got);
            break;
        }
        if (n == 0 || !say(fd, STR("a")))
            break;
    }
    CHECK_INT(status_in(got), 408);
    CHECK(now_us() - began < 5000000);
    close(fd);
    fd = dial(&s); /* says nothing at all */
    CHECK_STR(hear(&s, fd, NULL), "");
    close(fd);
    end(&s);
}

static void a_body_that_never_comes_is_cut_off(void)
{
    struct scene s;
    int fd;

    begin_with(&s, (struct server_options){ .head_timeout_ms = 100 });
    fd = dial(&s);
    CHECK(say(fd, STR("POST /api/echo HTTP/1.1\r\n" H "Content-Length: 100\r\n\r\n{")));
    CHECK_INT(status_in(hear(&s, fd, NULL)), 408);
    close(fd);
    end(&s);
}

static void one_address_cannot_take_all_connections(void)
{
    int fds[300], open = 0;
    struct scene s;
    struct str got;

    begin_with(&s, (struct server_options){ .per_address = 256 });
    for (int i = 0; i < 256; i++)
        open += (fds[i] = dial(&s)) >= 0;
    CHECK_INT(open, 256);
    fds[256] = dial(&s);
    got = hear(&s, fds[256], NULL);
    CHECK_INT(status_in(got), 503);
    for (int i = 0; i < 257; i++)
        close(fds[i]);
    for (int i = 0; i < 1000 && metric_get("http_connections", "") > 0; i++)
        usleep(1000);
    CHECK_INT(status_in(ask(&s, GET_HELLO)), 200);
    end(&s);
}

static void a_full_lane_says_come_again_and_the_other_lane_goes_on(void)
{
    struct scene s;
    int fds[4];
    struct str got;

    begin_with(&s, (struct server_options){ .slow_workers = 1, .queue_max = 2 });
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(&s);
        say(fds[i], STR("GET /api/block HTTP/1.1\r\n" H "\r\n"));
        wait_until(&running, 1); /* the first runs, the others wait */
    }
    for (int i = 0; i < 1000 && metric_get("http_lane_waiting", "lane=\"slow\"") < 2; i++)
        usleep(1000);
    got = ask(&s, "GET /api/block HTTP/1.1\r\n" H "\r\n");
    CHECK_INT(status_in(got), 503);
    CHECK(str_has(got, STR("Retry-After: 2\r\n")));
    CHECK_INT(status_in(ask(&s, GET_HELLO)), 200);
    atomic_store(&let_go, 1);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(status_in(hear(&s, fds[i], "{}")), 200);
        close(fds[i]);
    }
    end(&s);
}

static void a_client_that_has_said_all_still_gets_its_reply(void)
{
    struct scene s;
    int fd;

    begin(&s);
    fd = dial(&s);
    say(fd, STR("GET /api/block HTTP/1.1\r\n" H "\r\n"));
    shutdown(fd, SHUT_WR);
    wait_until(&running, 1);
    atomic_store(&let_go, 1);
    CHECK_INT(status_in(hear(&s, fd, NULL)), 200);
    close(fd);
    end(&s);
}

/* The server's own end of a connection of ours. */
static int other_end(int fd)
{
    struct sockaddr_storage mine, peer;
    socklen_t n = sizeof(mine), m;

    CHECK_INT(getsockname(fd, (struct sockaddr *)&mine, &n), 0);
    for (int i = 3; i < 1024; i++) {
        m = sizeof(peer);
        if (i != fd && getpeername(i, (struct sockaddr *)&peer, &m) == 0 && m == n &&
            memcmp(&peer, &mine, n) == 0)
            return i;
    }
    return -1;
}

/* A child between fork and exec holds every connection too; here a copy of one stands for it. */
static void a_connection_that_a_child_still_holds_is_forgotten(void)
{
    struct scene s;
    int fd, held = -1;

    begin(&s);
    fd = dial(&s);
    CHECK(say(fd, STR("GET /api/hel")));
    for (int i = 0; i < 1000 && held < 0; i++) { /* until it is accepted */
        int own = other_end(fd);

        held = own < 0 ? -1 : dup(own);
        usleep(1000);
    }
    CHECK(held >= 0);
    shutdown(fd, SHUT_WR); /* it leaves in the middle of a head: the server closes its end */
    for (int i = 0; i < 20; i++)
        CHECK_INT(status_in(ask(&s, GET_HELLO)), 200);
    close(fd);
    for (int i = 0; i < 20; i++)
        CHECK_INT(status_in(ask(&s, GET_HELLO)), 200);
    close(held);
    end(&s);
}

static const struct tb_test tests[] = {
    TEST(a_reply_has_the_headers_that_protect_and_no_server_name),
    TEST(a_request_id_is_echoed_when_it_is_one),
    TEST(pipelined_requests_are_answered_in_order),
    TEST(what_follows_a_broken_request_is_not_read_as_another),
    TEST(a_body_beyond_the_limit_is_refused_before_it_is_sent),
    TEST(a_chunked_body_counts_too),
    TEST(a_body_must_be_the_json_that_is_known),
    TEST(head_and_options_and_unknown_methods),
    TEST(a_handlers_error_says_its_code_and_when_to_come_again),
    TEST(a_role_gets_what_it_may),
    TEST(hosts_and_proxies_are_believed_only_when_named),
    TEST(a_head_that_trickles_in_is_cut_off),
    TEST(a_body_that_never_comes_is_cut_off),
    TEST(one_address_cannot_take_all_connections),
    TEST(a_full_lane_says_come_again_and_the_other_lane_goes_on),
    TEST(a_client_that_has_said_all_still_gets_its_reply),
    TEST(a_connection_that_a_child_still_holds_is_forgotten),
};
RUN_TESTS(tests)
