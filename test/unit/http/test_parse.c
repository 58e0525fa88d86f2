/* The pure readers of the room: head, chunks, target, multipart, routes. */
#include "base/chunk.h"
#include "http/head.h"
#include "http/match.h"
#include "http/multipart.h"
#include "http/target.h"

#include "tb_test.h"

#define HOST "Host: a\r\n"

static int status_of_head(struct str s)
{
    struct head h;
    size_t scanned = 0;
    int n = head_end(s, &scanned);

    return n < 0 ? -n : n == 0 ? -1 : head_parse(s, &h);
}

static const struct {
    const char *head;
    int status;
} heads[] = {
    { "GET / HTTP/1.1\nHost: a\n\n", 400 },
    { "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "X: a\rContent-Length: 5\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n X: y\r\n" HOST "\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 3\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999999999999999\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400 },
    { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
    { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
    { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
      "chunked\r\n\r\n",
      400 },
    { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      400 },
    { "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "Host: b\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "nocolon\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST ": novalue\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n", 400 },
    { "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET / HTTP/1.1 \r\n" HOST "\r\n", 400 },
    { "GET /\xe4\xb8\xad HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET / HTTP/1.1x\r\n" HOST "\r\n", 400 },
    { "GET / http/1.1\r\n" HOST "\r\n", 400 },
    { "GET / HTTP/2.0\r\n" HOST "\r\n", 505 },
    { "GET /\r\n\r\n", 400 },
    { "GET a HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "(ET / HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400 },
    { "GET / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n", 417 },
    { "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
    { "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0 },
    { "GET / HTTP/1.0\r\n\r\n", 0 },
    { "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0 },
    { "GET http://b:80/x HTTP/1.1\r\n" HOST "\r\n", 0 },
    { "GET / HTTP/1.1\r\nhOsT:a\r\nX:\t\xe4\xb8\xad \r\n\r\n", 0 },
};

static void what_two_servers_could_read_in_two_ways_is_refused(void)
{
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        int got = status_of_head(str_z(heads[i].head));

        if (got != heads[i].status)
            printf("# shape %zu gave %d: %s\n", i, got, heads[i].head);
        CHECK_INT(got, heads[i].status);
    }
    CHECK_INT(status_of_head(STR("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n")), 400);
}

static void a_head_says_its_fields_in_any_case(void)
{
    struct head h;

    CHECK_INT(head_parse(STR("POST http://Stadt:81/x?y HTTP/1.1\r\nHost: other\r\nconnection: "
                             "Keep-Alive, CLOSE\r\nContent-length: 12\r\nX-A:  b c \r\n\r\n"),
                         &h),
              0);
    CHECK_STR(h.target, "/x?y");
    CHECK_STR(h.host, "Stadt:81");
    CHECK_STR(head_value(&h, "x-a"), "b c");
    CHECK_STR(head_value(&h, "absent"), "");
    CHECK_INT(h.content_length, 12);
    CHECK(!h.keep_alive);
}

static void a_head_is_found_whatever_way_it_is_cut(void)
{
    struct str s = STR("GET / HTTP/1.1\r\nHost: a\r\n\r\nmore");
    size_t scanned = 0;

    for (size_t n = 0; n < 27; n++)
        CHECK_INT(head_end(str_sub(s, 0, n), &scanned), 0);
    CHECK_INT(head_end(s, &scanned), 27);
}

static void a_head_too_big_says_which_part(void)
{
    struct buf b = BUF_INIT(64 * 1024);
    size_t scanned = 0;

    buf_addz(&b, "GET /");
    while (b.n < HEAD_MAX)
        buf_addc(&b, 'a');
    CHECK_INT(head_end(buf_str(&b), &scanned), -414);
    buf_reset(&b);
    scanned = 0;
    buf_addz(&b, "GET / HTTP/1.1\r\n");
    while (b.n < HEAD_MAX)
        buf_addz(&b, "X: y\r\n");
    CHECK_INT(head_end(buf_str(&b), &scanned), -431);
    buf_reset(&b);
    buf_addz(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < HEAD_FIELDS_MAX; i++)
        buf_addz(&b, "X: y\r\n");
    buf_addz(&b, "\r\n");
    CHECK_INT(status_of_head(buf_str(&b)), 431);
    buf_release(&b);
}

/* Feeds in pieces of `step` bytes; "!" stands for refused, "." for the end, then what follows. */
static struct str unchunk(struct buf *out, struct str in, size_t step)
{
    struct chunk c = { 0 };

    buf_reset(out);
    for (size_t at = 0; at < in.n; at += step) {
        struct str piece = str_sub(in, at, step), data;
        enum chunk_result r;

        while ((r = chunk_next(&c, &piece, &data)) == CHUNK_DATA)
            buf_add(out, data);
        if (r == CHUNK_BAD || r == CHUNK_END) {
            buf_addc(out, r == CHUNK_BAD ? '!' : '.');
            return buf_str(out);
        }
    }
    return buf_str(out);
}

static void chunks_are_joined_and_strict(void)
{
    static const struct {
        const char *in, *out;
    } shapes[] = {
        { "5\r\nhello\r\n1;a=b\r\n!\r\n0\r\n\r\n", "hello!." },
        { "5\r\nhello\r\n0\r\nX: y\r\nZ: w\r\n\r\n", "hello." },
        { "00005\r\nhello\r\n0000\r\n\r\n", "hello." },
        { "5\nhello\n0\n\n", "!" },
        { "5\r\nhelloX\r\n0\r\n\r\n", "hello!" },
        { "0x5\r\nhello\r\n", "!" },
        { "-5\r\nhello\r\n", "!" },
        { "5 \r\nhello\r\n", "!" },
        { "5;a=\nb\r\nhello\r\n", "!" },
        { "5\rhello\r0\r\r", "!" },
        { "\r\n", "!" },
        { "fffffffffffff\r\nx", "!" },
        { "0\r\nX: y\rZ\r\n\r\n", "!" },
        { "0\r\n\r", "" },
    };
    struct buf out = BUF_INIT(1000);

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        for (size_t step = 1; step < 9; step += 3)
            CHECK_STR(unchunk(&out, str_z(shapes[i].in), step), shapes[i].out);
    buf_release(&out);
}

static void no_path_leads_outside(void)
{
    static const char *const bad[] = { "/../etc/passwd", "/a/../b",   "/%2e%2e/etc", "/a/%2E./b",
                                       "/a/..",          "/.",        "/a%2fb",      "/a%2Fb",
                                       "/a\\b",          "/a%5cb",    "/a%00b",      "/a%0ab",
                                       "/%zz",           "/%e4%b8",   "/%c0%ae",     "/a%",
                                       "/a%2",           "/%ed%a0%80" };
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct str path, query;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_INT(target_split(&a, str_z(bad[i]), &path, &query, &e), TB_INVALID);
    CHECK_INT(target_split(&a, STR("/a/%E4%B8%AD%20x/...?q=1?2"), &path, &query, &e), TB_OK);
    CHECK_STR(path, "/a/中 x/...");
    CHECK_STR(query, "q=1?2");
    arena_release(&a);
}

static void queries_are_decoded_or_refused(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct target_pairs p;
    struct buf many = BUF_INIT(1000);

    CHECK_INT(target_query(&a, STR("q=%E4%BD%8E+%2B&&x&y=a=b&=z"), &p, &e), TB_OK);
    CHECK_INT(p.n, 4);
    CHECK_STR(p.v[0].value, "低 +");
    CHECK_STR(p.v[1].name, "x");
    CHECK_STR(p.v[2].value, "a=b");
    CHECK_INT(target_query(&a, STR("q=%ff"), &p, &e), TB_INVALID);
    CHECK_INT(target_query(&a, STR("q=%00"), &p, &e), TB_INVALID);
    for (int i = 0; i < 65; i++)
        buf_addz(&many, "a&");
    CHECK_INT(target_query(&a, buf_str(&many), &p, &e), TB_INVALID);
    buf_release(&many);
    arena_release(&a);
}

static void the_first_cookie_of_a_name_counts(void)
{
    CHECK_STR(target_cookie(STR("a=1; tb_device=xyz;b=2; tb_device=evil"), STR("tb_device")),
              "xyz");
    CHECK_STR(target_cookie(STR("xtb_device=1; tb_device"), STR("tb_device")), "");
    CHECK_STR(target_cookie(STR(""), STR("a")), "");
}

struct parts {
    struct buf log;
};

static enum tb_code on_begin(void *self, struct str field, struct str file, struct str type,
                             struct tb_err *e)
{
    struct parts *p = self;

    (void)e;
    buf_addf(&p->log, "[%.*s|%.*s|%.*s|", STR_FMT(field), STR_FMT(file), STR_FMT(type));
    return TB_OK;
}

static enum tb_code on_data(void *self, struct str bytes, struct tb_err *e)
{
    (void)e;
    buf_add(&((struct parts *)self)->log, bytes);
    return TB_OK;
}

static enum tb_code on_end(void *self, struct tb_err *e)
{
    (void)e;
    buf_addc(&((struct parts *)self)->log, ']');
    return TB_OK;
}

/* What was found, or "!" when the body is refused. */
static struct str take_apart(struct parts *p, const char *type, struct str body, size_t step)
{
    struct multipart m;
    struct tb_err e = TB_ERR_INIT;
    struct multipart_sink sink = { p, on_begin, on_data, on_end };
    enum tb_code c = multipart_open(&m, str_z(type), sink, &e);

    buf_reset(&p->log);
    for (size_t at = 0; at < body.n && !c; at += step)
        c = multipart_feed(&m, str_sub(body, at, step), &e);
    if (!c)
        c = multipart_finish(&m, &e);
    multipart_close(&m);
    if (c) {
        buf_reset(&p->log);
        buf_addc(&p->log, '!');
    }
    return buf_str(&p->log);
}

#define CD "Content-Disposition: form-data; name="

static void parts_come_out_whatever_way_they_are_cut(void)
{
    static const char body[] =
        "--b-1\r\n" CD "\"file\"; filename=\"\xe8\xa1\xa5\xe8\xb4\xb4.docx\"\r\n"
        "Content-Type: text/x\r\n\r\none\r\n--b-\r\n--b-2\r\n\r\n--b-1\r\n" CD
        "\"plain\"\r\n\r\n\r\n--b-1\r\nX: y\r\n" CD
        "\"f\"; filename=\"a.txt\"; filename*=UTF-8''%E4%B8%AD%22.txt\r\n\r\nz\r\n--b-1--\r\nover";
    struct parts p = { BUF_INIT(10000) };

    for (size_t step = 1; step < sizeof(body); step++)
        CHECK_STR(take_apart(&p, "multipart/form-data; charset=x; boundary=\"b-1\"",
                             str_of(body, sizeof(body) - 1), step),
                  "[file|补贴.docx|text/x|one\r\n--b-\r\n--b-2\r\n][plain||"
                  "application/octet-stream|][f|中\".txt|application/octet-stream|z]");
    buf_release(&p.log);
}

static void broken_multipart_is_refused(void)
{
    static const struct {
        const char *type, *body;
    } shapes[] = {
        { "application/json", "--b\r\n" CD "\"f\"\r\n\r\nx\r\n--b--" },
        { "multipart/form-data", "--b\r\n" CD "\"f\"\r\n\r\nx\r\n--b--" },
        { "multipart/form-data; boundary=", "--\r\n" CD "\"f\"\r\n\r\nx\r\n----" },
        { "multipart/form-data; boundary=b", "" },
        { "multipart/form-data; boundary=b", "--b\r\n" CD "\"f\"\r\n\r\nx\r\n--b" },
        { "multipart/form-data; boundary=b", "--b\r\n" CD "\"f\"\r\n\r\nx" },
        { "multipart/form-data; boundary=b", "junk--b\r\n" CD "\"f\"\r\n\r\nx\r\n--b--" },
        { "multipart/form-data; boundary=b", "--b\r\n\r\nx\r\n--b--" },
        { "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: x\r\n\r\n\r\n--b--" },
        { "multipart/form-data; boundary=b", "--b\r\n" CD "\"\"\r\n\r\nx\r\n--b--" },
        { "multipart/form-data; boundary=b", "--b\r\n" CD "\"f\r\n\r\nx\r\n--b--" },
        { "multipart/form-data; boundary=b", "--b\r\n" CD "\"f\"; name=\"g\"\r\n\r\nx\r\n--b--" },
        { "multipart/form-data; boundary=b", "--b\r\n" CD "\"\xff\"\r\n\r\nx\r\n--b--" },
        { "multipart/form-data; boundary=b",
          "--b\r\n" CD "\"f\"; filename*=GBK''%d6%d0\r\n\r\nx\r\n--b--" },
        { "multipart/form-data; boundary=b", "--bX\r\n" CD "\"f\"\r\n\r\nx\r\n--b--" },
    };
    struct parts p = { BUF_INIT(100000) };
    struct buf big = BUF_INIT(100000);

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        CHECK_STR(take_apart(&p, shapes[i].type, str_z(shapes[i].body), 7), "!");
    buf_addz(&big, "--b\r\nX: ");
    while (big.n < 3 * MULTIPART_HEAD_MAX)
        buf_addz(&big, "yyyyyyyy");
    CHECK_STR(take_apart(&p, "multipart/form-data; boundary=b", buf_str(&big), 1000), "!");
    buf_release(&big);
    buf_release(&p.log);
}

static enum tb_code nothing(struct talk *t, const struct request *q, struct reply *r,
                            struct tb_err *e)
{
    (void)t;
    (void)q;
    (void)r;
    (void)e;
    return TB_OK;
}

static const struct route some[] = {
    { GET, "/api/jobs/{id}", PERM_STAFF, "job", 0, ROUTE_PLAIN, false, nothing, "x" },
    { POST, "/api/jobs/{id}/cancel", PERM_STAFF, "job", 0, ROUTE_PLAIN, false, nothing, "x" },
    { GET, "/api/jobs/mine", PERM_STAFF, "job", 0, ROUTE_PLAIN, false, nothing, "x" },
    { GET, "/files/{rest...}", PERM_STAFF, "job", 0, ROUTE_PLAIN, false, nothing, "x" },
    { .path = NULL },
};

static void a_path_finds_its_row_and_its_names(void)
{
    const struct route *const tables[] = { some, NULL };
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct matcher *m;
    struct match got;

    CHECK_INT(matcher_make(&a, tables, &m, &e), TB_OK);
    matcher_find(m, GET, STR("/api/jobs/7"), &got);
    CHECK(got.route == &some[0] && got.n == 1);
    CHECK_STR(got.params[0].name, "id");
    CHECK_STR(got.params[0].value, "7");
    matcher_find(m, GET, STR("/api/jobs/mine"), &got);
    CHECK(got.route == &some[2]);
    matcher_find(m, GET, STR("/files/a/b.txt"), &got);
    CHECK(got.route == &some[3]);
    CHECK_STR(got.params[0].value, "a/b.txt");
    matcher_find(m, DELETE, STR("/api/jobs/7/cancel"), &got);
    CHECK(!got.route && got.path_known);
    CHECK_STR(str_z(got.allow), "POST");
    matcher_find(m, GET, STR("/api/jobs/"), &got);
    CHECK(!got.route && !got.path_known);
    matcher_find(m, GET, STR("/api/jobs/7/"), &got);
    CHECK(!got.path_known);
    arena_release(&a);
}

static void a_row_without_permission_or_doubled_stops_the_start(void)
{
    static const struct route open_to_all[] = {
        { GET, "/x", PERM_NONE, "x", 0, ROUTE_PLAIN, false, nothing, "x" }, { .path = NULL }
    };
    static const struct route twice[] = {
        { GET, "/x", PERM_PUBLIC, "x", 0, ROUTE_PLAIN, false, nothing, "x" },
        { GET, "/x", PERM_PUBLIC, "x", 0, ROUTE_PLAIN, false, nothing, "x" },
        { .path = NULL }
    };
    const struct route *const one[] = { open_to_all, NULL }, *const two[] = { twice, NULL };
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct matcher *m;

    CHECK_INT(matcher_make(&a, one, &m, &e), TB_INTERNAL);
    CHECK_INT(matcher_make(&a, two, &m, &e), TB_INTERNAL);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(what_two_servers_could_read_in_two_ways_is_refused),
    TEST(a_head_says_its_fields_in_any_case),
    TEST(a_head_is_found_whatever_way_it_is_cut),
    TEST(a_head_too_big_says_which_part),
    TEST(chunks_are_joined_and_strict),
    TEST(no_path_leads_outside),
    TEST(queries_are_decoded_or_refused),
    TEST(the_first_cookie_of_a_name_counts),
    TEST(parts_come_out_whatever_way_they_are_cut),
    TEST(broken_multipart_is_refused),
    TEST(a_path_finds_its_row_and_its_names),
    TEST(a_row_without_permission_or_doubled_stops_the_start),
};
TEST_MAIN(tests)
