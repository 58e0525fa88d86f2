#include "model/sse.h"

#include "tb_test.h"

#include <stdlib.h>

static enum tb_code gather(void *self, struct str data, struct tb_err *e)
{
    struct buf *b = self;

    if (str_eqz(data, "stop"))
        return tb_fail(e, TB_CANCELLED, "停", "stop");
    buf_addf(b, "[%.*s]", STR_FMT(data));
    return TB_OK;
}

/* What comes of the stream when it arrives in two pieces. */
static void check_cut(struct str stream, size_t at, const char *want)
{
    struct buf got = BUF_INIT(4096);
    struct tb_err e = TB_ERR_INIT;
    struct sse s;

    sse_init(&s);
    CHECK_INT(sse_feed(&s, str_sub(stream, 0, at), gather, &got, &e), TB_OK);
    CHECK_INT(sse_feed(&s, str_from(stream, at), gather, &got, &e), TB_OK);
    CHECK_INT(sse_end(&s, gather, &got, &e), TB_OK);
    CHECK_STR(buf_str(&got), want);
    sse_release(&s);
    buf_release(&got);
}

static void events_are_the_same_wherever_the_stream_is_cut(void)
{
    struct str stream = STR(": hello\n\nevent: x\ndata: {\"a\":\"高龄津贴\"}\n\n"
                            "data:{\"b\":1}\r\n\r\ndata: c\r\rdata: \ndata\nid: 7\n\ndata:  two\n"
                            "data: [DONE]");

    for (size_t at = 0; at <= stream.n; at++)
        check_cut(stream, at, "[{\"a\":\"高龄津贴\"}][{\"b\":1}][c][ two][[DONE]]");
}

static void a_byte_order_mark_at_the_start_is_no_text(void)
{
    check_cut(STR("\xef\xbb\xbf"
                  "data: a\n\n"),
              20, "[a]");
}

static void a_line_of_a_megabyte_is_the_end(void)
{
    struct buf got = BUF_INIT(4096);
    struct tb_err e = TB_ERR_INIT;
    char *piece = malloc(65536);
    struct sse s;
    enum tb_code c = TB_OK;
    int fed = 0;

    memset(piece, 'x', 65536);
    sse_init(&s);
    while (!c && fed < 1600) {
        c = sse_feed(&s, str_of(piece, 65536), gather, &got, &e);
        fed++;
    }
    CHECK_INT(c, TB_UPSTREAM);
    CHECK(fed <= 17);
    CHECK(s.line.cap <= 2 * SSE_LINE_MAX + 64);
    CHECK_INT(got.n, 0);
    sse_release(&s);
    free(piece);
}

static void what_the_reader_says_stops_the_stream(void)
{
    struct buf got = BUF_INIT(4096);
    struct tb_err e = TB_ERR_INIT;
    struct sse s;

    sse_init(&s);
    CHECK_INT(sse_feed(&s, STR("data: a\n\ndata: stop\n\ndata: b\n\n"), gather, &got, &e),
              TB_CANCELLED);
    CHECK_STR(buf_str(&got), "[a]");
    sse_release(&s);
    buf_release(&got);
}

static const struct tb_test tests[] = {
    TEST(events_are_the_same_wherever_the_stream_is_cut),
    TEST(a_byte_order_mark_at_the_start_is_no_text),
    TEST(a_line_of_a_megabyte_is_the_end),
    TEST(what_the_reader_says_stops_the_stream),
};
TEST_MAIN(tests)
