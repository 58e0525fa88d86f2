/* The server as a client sees it: real sockets, routes of our own. Shared by the tests of the room.
 */
#ifndef HTTP_TEST_SCENE_H
#define HTTP_TEST_SCENE_H
#include "http/server.h"

#include "base/fs.h"
#include "base/log.h"
#include "base/metrics.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- routes and gate of the test ---- */

static atomic_int running, cancelled, let_go, afters, uploads_read;
static _Atomic int64_t gone_at;
static char last_address[64], last_temp[512];

static inline int64_t now_us(void)
{
    return world_mono_us(world_real());
}

static inline enum tb_code hello(struct talk *t, const struct request *q, struct reply *r,
                                 struct tb_err *e)
{
    (void)e;
    snprintf(last_address, sizeof(last_address), "%.*s", STR_FMT(t->actor.address));
    json_obj(&r->json);
    json_kstr(&r->json, "name", request_param(q, "name"));
    json_kstr(&r->json, "q", request_query(q, "q"));
    json_kstr(&r->json, "cookie", request_cookie(q, "c"));
    json_end(&r->json);
    return TB_OK;
}

static inline enum tb_code echo(struct talk *t, const struct request *q, struct reply *r,
                                struct tb_err *e)
{
    static const char *const known[] = { "text", NULL };
    const struct json_value *v;

    if (request_json(&t->mem, q, known, &v, e))
        return e->code;
    json_obj(&r->json);
    json_kstr(&r->json, "text", json_get_str(v, "text"));
    json_end(&r->json);
    return TB_OK;
}

static inline enum tb_code fail(struct talk *t, const struct request *q, struct reply *r,
                                struct tb_err *e)
{
    (void)t;
    (void)q;
    reply_header(r, "Retry-After", STR("7"));
    return tb_fail(e, TB_LIMITED, "太快了", "test");
}

static inline enum tb_code big(struct talk *t, const struct request *q, struct reply *r,
                               struct tb_err *e)
{
    (void)e;
    reply_file(r, arena_z(&t->mem, request_query(q, "path")), "application/pdf",
               STR("补贴 办法.pdf"));
    return TB_OK;
}

static inline enum tb_code three(struct talk *t, const struct request *q, struct reply *r,
                                 struct tb_err *e)
{
    (void)q;
    reply_cookie(r, "tb_device", STR("abc"), 60, true);
    for (int i = 1; i <= 3; i++)
        if (t->sink->say(t->sink, "n", arena_printf(&t->mem, "{\"n\":%d}", i), e))
            return e->code;
    return TB_OK;
}

static inline enum tb_code early(struct talk *t, const struct request *q, struct reply *r,
                                 struct tb_err *e)
{
    (void)t;
    (void)q;
    (void)r;
    return tb_fail(e, TB_BUSY, "引擎没有准备好", "test");
}

static inline enum tb_code late(struct talk *t, const struct request *q, struct reply *r,
                                struct tb_err *e)
{
    (void)q;
    (void)r;
    if (t->sink->say(t->sink, "n", STR("{}"), e))
        return e->code;
    return tb_fail(e, TB_UPSTREAM, "引擎中断", "test");
}

/* Says one thing, then waits until the person leaves or the test lets it end. */
static inline enum tb_code hang(struct talk *t, const struct request *q, struct reply *r,
                                struct tb_err *e)
{
    (void)q;
    (void)r;
    if (t->sink->say(t->sink, "n", STR("{\"n\":1}"), e))
        return e->code;
    atomic_fetch_add(&running, 1);
    while (!talk_gone(t) && !atomic_load(&let_go))
        usleep(1000);
    if (!talk_gone(t))
        return t->sink->say(t->sink, "last", STR("{}"), e);
    atomic_store(&gone_at, now_us());
    atomic_fetch_add(&cancelled, 1);
    return tb_fail(e, TB_CANCELLED, "已取消", "test");
}

static inline enum tb_code flood(struct talk *t, const struct request *q, struct reply *r,
                                 struct tb_err *e)
{
    char *wide = arena_zalloc(&t->mem, 10002);
    enum tb_code c = TB_OK;

    (void)q;
    (void)r;
    memset(wide, 'x', 10001);
    wide[0] = wide[10000] = '"';
    for (int i = 0; i < 100000 && !c; i++)
        c = t->sink->say(t->sink, "n", str_of(wide, 10001), e);
    if (c == TB_CANCELLED)
        atomic_fetch_add(&cancelled, 1);
    return c;
}

static inline enum tb_code block(struct talk *t, const struct request *q, struct reply *r,
                                 struct tb_err *e)
{
    (void)t;
    (void)q;
    (void)e;
    atomic_fetch_add(&running, 1);
    while (!atomic_load(&let_go))
        usleep(1000);
    buf_addz(&r->body, "{}");
    return TB_OK;
}

static inline enum tb_code upload(struct talk *t, const struct request *q, struct reply *r,
                                  struct tb_err *e)
{
    json_arr(&r->json);
    for (size_t i = 0; i < q->file_count; i++) {
        struct str bytes;

        snprintf(last_temp, sizeof(last_temp), "%s", q->files[i].path);
        if (fs_read(&t->mem, q->files[i].path, 100 << 20, &bytes, e))
            return e->code;
        json_obj(&r->json);
        json_kstr(&r->json, "name", q->files[i].file_name);
        json_kint(&r->json, "bytes", q->files[i].bytes);
        json_kint(&r->json, "hash", (int64_t)(str_hash(bytes) >> 12));
        json_end(&r->json);
    }
    json_end(&r->json);
    atomic_fetch_add(&uploads_read, 1);
    return TB_OK;
}

#define ROW(m, p, n, max, k, slow, f)                                                              \
    {                                                                                              \
        m, p, n, "test", max, k, slow, f, "test"                                                   \
    }
static const struct route rows[] = {
    ROW(GET, "/api/hello/{name}", PERM_PUBLIC, 0, ROUTE_PLAIN, false, hello),
    ROW(POST, "/api/echo", PERM_PUBLIC, 1000, ROUTE_PLAIN, false, echo),
    ROW(GET, "/api/fail", PERM_PUBLIC, 0, ROUTE_PLAIN, false, fail),
    ROW(GET, "/api/big", PERM_PUBLIC, 0, ROUTE_PLAIN, false, big),
    ROW(POST, "/api/three", PERM_PUBLIC, 1000, ROUTE_STREAM, false, three),
    ROW(POST, "/api/early", PERM_PUBLIC, 1000, ROUTE_STREAM, false, early),
    ROW(POST, "/api/late", PERM_PUBLIC, 1000, ROUTE_STREAM, false, late),
    ROW(POST, "/api/hang", PERM_PUBLIC, 1000, ROUTE_STREAM, false, hang),
    ROW(POST, "/api/flood", PERM_PUBLIC, 1000, ROUTE_STREAM, false, flood),
    ROW(GET, "/api/block", PERM_PUBLIC, 0, ROUTE_PLAIN, true, block),
    ROW(GET, "/api/users", PERM_USER_READ, 0, ROUTE_PLAIN, false, hello),
    ROW(POST, "/api/upload", PERM_KNOWLEDGE_WRITE, 64 << 20, ROUTE_UPLOAD, true, upload),
    { .path = NULL },
};

/* The role is what the header says: the test's own gate. */
static inline enum tb_code who(void *self, struct talk *t, const struct request *q, struct reply *r,
                               struct tb_err *e)
{
    enum role role;

    (void)self;
    (void)r;
    (void)e;
    if (role_parse(request_header(q, "x-role"), &role))
        t->actor.role = role;
    return TB_OK;
}

static inline void after(void *self, struct talk *t, const struct request *q, enum tb_code code,
                         const struct tb_err *e)
{
    (void)self;
    (void)t;
    (void)q;
    (void)code;
    (void)e;
    atomic_fetch_add(&afters, 1);
}

/* ---- a client ---- */

struct scene {
    struct arena mem;
    struct services at;
    struct server *server;
    int port;
    struct buf got;
};

static inline void begin_with(struct scene *s, struct server_options o)
{
    static const struct route *const tables[] = { rows, NULL };
    struct tb_err e = TB_ERR_INIT;
    char *dir;

    *s = (struct scene){ .got = BUF_INIT(64 << 20) };
    dir = tb_temp_dir(&s->mem);
    CHECK_INT(fs_mkdirs(fs_join(&s->mem, dir, "tmp"), 0700, &e), TB_OK);
    s->at.data_dir = dir;
    o.listen = "127.0.0.1:0";
    o.tables = tables;
    o.gate.who = who;
    o.gate.after = after;
    o.at = &s->at;
    o.world = world_real();
    atomic_store(&running, 0);
    atomic_store(&cancelled, 0);
    atomic_store(&let_go, 0);
    atomic_store(&afters, 0);
    CHECK_INT(server_start(&o, &s->server, &e), TB_OK);
    s->port = server_port(s->server);
}

static inline void begin(struct scene *s)
{
    begin_with(s, (struct server_options){ 0 });
}

static inline void end(struct scene *s)
{
    atomic_store(&let_go, 1);
    if (s->server)
        server_stop(s->server, 1000);
    buf_release(&s->got);
    arena_release(&s->mem);
}

static inline int dial(const struct scene *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port) };
    struct timeval wait = { 10, 0 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline bool say(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

        if (n < 0)
            return false;
        s = str_from(s, (size_t)n);
    }
    return true;
}

/* Reads until the other side closes, or `until` has been seen. */
static inline struct str hear(struct scene *s, int fd, const char *until)
{
    char b[65536];

    buf_reset(&s->got);
    for (;;) {
        ssize_t n = recv(fd, b, sizeof(b), 0);

        if (n <= 0) {
            if (n < 0)
                printf("# recv errno=%d\n", errno);
            return buf_str(&s->got);
        }
        buf_add(&s->got, str_of(b, (size_t)n));
        if (until && str_has(buf_str(&s->got), str_z(until)))
            return buf_str(&s->got);
    }
}

/* One request on a connection of its own; everything that came back. */
static inline struct str ask(struct scene *s, const char *request)
{
    int fd = dial(s);
    struct str got;

    CHECK(fd >= 0 && say(fd, str_z(request)));
    shutdown(fd, SHUT_WR);
    got = hear(s, fd, NULL);
    close(fd);
    return got;
}

/* The same for a stream: its reader stays until the end. The request says Connection: close. */
static inline struct str follow(struct scene *s, const char *request)
{
    int fd = dial(s);
    struct str got;

    CHECK(fd >= 0 && say(fd, str_z(request)));
    got = hear(s, fd, NULL);
    close(fd);
    return got;
}

static inline int status_in(struct str reply)
{
    int64_t n;

    return reply.n > 12 && str_i64(str_sub(reply, 9, 3), &n) ? (int)n : -1;
}

static inline void wait_until(atomic_int *what, int n)
{
    for (int i = 0; i < 10000 && atomic_load(what) < n; i++)
        usleep(1000);
    CHECK_INT(atomic_load(what), n);
}

#define H "Host: localhost\r\n"
#define GET_HELLO "GET /api/hello/%E6%98%8E?q=a+b HTTP/1.1\r\n" H "Cookie: x=1; c=yes\r\n\r\n"
#define POST_TO(path) "POST " path " HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"

static inline int run_tests(const struct tb_test *tests, size_t n)
{
    struct rlimit many = { 4096, 4096 };

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_NOFILE, &many);
    log_open(2, LOG_ERROR);
    return tb_test_main(tests, n);
}
#define RUN_TESTS(table)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        return run_tests(table, sizeof(table) / sizeof((table)[0]));                               \
    }

#endif
