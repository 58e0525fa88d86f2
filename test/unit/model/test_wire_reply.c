#include "model/wire_reply.h"

#include "tb_test.h"

struct got {
    bool ok, over, keep;
    struct wire_head head;
    struct buf body;
};

static struct got read_reply(const char *bytes, size_t step)
{
    struct got g = { .ok = true, .body = BUF_INIT(4096) };
    struct wire_reply r = { 0 };
    struct str all = str_z(bytes);

    wire_reply_begin(&r);
    for (size_t at = 0; at < all.n && g.ok; at += step) {
        struct str in = str_sub(all, at, step), body;

        while (g.ok && in.n) {
            g.ok = wire_reply_feed(&r, &in, &body);
            if (g.ok)
                buf_add(&g.body, body);
        }
    }
    g.keep = r.keep_alive;
    g.over = g.ok && wire_reply_end(&r);
    g.head = r.head;
    wire_reply_release(&r);
    return g;
}

static void a_reply_is_the_same_however_it_is_cut(void)
{
    static const char *const replies[] = {
        ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
         "6\r\ndata: \r\n5;x=y\r\nhello\r\n0\r\n\r\n"),
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:11\r\n\r\ndata: hello",
        "HTTP/1.0 200 OK\r\n\r\ndata: hello",
    };

    for (size_t i = 0; i < 3; i++)
        for (size_t step = 1; step < 90; step++) {
            struct got g = read_reply(replies[i], step);

            CHECK(g.ok && g.over);
            CHECK_INT(g.head.status, 200);
            CHECK_STR(buf_str(&g.body), "data: hello");
            CHECK_INT(g.keep, i < 2);
            buf_release(&g.body);
        }
}

static void what_two_readers_could_read_differently_is_refused(void)
{
    static const char *const bad[] = {
        "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\n folded: 1\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "<html>not an engine</html>\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct got g = read_reply(bad[i], 4096);

        if (g.ok)
            printf("# accepted: %s\n", bad[i]);
        CHECK(!g.ok);
        buf_release(&g.body);
    }
}

static void a_reply_that_breaks_off_is_not_whole(void)
{
    static const char *const cut[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
    };

    for (size_t i = 0; i < 4; i++) {
        struct got g = read_reply(cut[i], 4096);

        CHECK(g.ok && !g.over);
        buf_release(&g.body);
    }
}

static void what_an_engine_says_beside_its_answer_is_read(void)
{
    struct got g = read_reply("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Type: text/plain\r\n"
                              "Connection: close\r\nContent-Length: 0\r\n\r\n",
                              4096);

    CHECK_INT(g.head.status, 503);
    CHECK_INT(g.head.retry_after_s, 7);
    CHECK_STR(str_z(g.head.media_type), "text/plain");
    CHECK(g.over && !g.keep);
    buf_release(&g.body);
    g = read_reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}surplus", 4096);
    CHECK(g.over && !g.keep); /* nobody asked for more: not to be used again */
    CHECK_STR(buf_str(&g.body), "{}");
    buf_release(&g.body);
}

static const struct tb_test tests[] = {
    TEST(a_reply_is_the_same_however_it_is_cut),
    TEST(what_two_readers_could_read_differently_is_refused),
    TEST(a_reply_that_breaks_off_is_not_whole),
    TEST(what_an_engine_says_beside_its_answer_is_read),
};
TEST_MAIN(tests)
