/* The worker's side of one request: who is it, may they, the handler, the trail, the reply. */
#include "base/alloc.h"
#include "base/date.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "http/inside.h"
#include "http/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPLY_MAX = 32 * 1024 * 1024, QUICK_US = 30 * 1000000, SLOW_US = 180 * 1000000 };

struct exchange *exchange_make(struct server *s, struct conn *c)
{
    struct exchange *x = tb_zalloc(sizeof(*x));

    x->server = s;
    x->conn = c;
    x->file_fd = -1;
    x->body = (struct buf)BUF_INIT(0);
    x->out = (struct buf)BUF_INIT(64 * 1024);
    x->begun_us = world_mono_us(s->o.world);
    x->talk.world = s->o.world;
    x->talk.at = s->o.at;
    x->talk.as_of = day_today(s->o.world);
    x->request.more = &x->more;
    x->reply.status = 200;
    x->reply.mem = &x->talk.mem;
    x->reply.body = (struct buf)BUF_INIT(REPLY_MAX);
    x->reply.json = (struct json)JSON_INIT(&x->reply.body);
    pthread_mutex_init(&x->lock, NULL);
    return x;
}

void exchange_free(struct exchange *x)
{
    arena_release(&x->talk.mem); /* closes and removes an upload's files */
    buf_release(&x->body);
    buf_release(&x->out);
    buf_release(&x->queue);
    buf_release(&x->reply.body);
    if (x->file_fd >= 0)
        close(x->file_fd);
    site_drop(x->site);
    pthread_mutex_destroy(&x->lock);
    tb_free(x);
}

static enum tb_code may(const struct exchange *x, struct tb_err *e)
{
    const struct actor *a = &x->talk.actor;

    if (actor_may(a, x->request.route->need))
        return TB_OK;
    if (a->role == ROLE_CITIZEN)
        return tb_fail(e, TB_UNAUTHORISED, "请先登录", "need=%u", (unsigned)x->request.route->need);
    return tb_fail(e, TB_FORBIDDEN, "您的角色没有做这件事的权限", "role=%s need=%u",
                   role_name(a->role), (unsigned)x->request.route->need);
}

/* Who asks, and whether they may. Once per exchange. */
static enum tb_code admit(struct exchange *x, struct tb_err *e)
{
    const struct gate *g = &x->server->o.gate;

    if (x->admitted)
        return TB_OK;
    x->talk.actor.role = ROLE_CITIZEN;
    if (g->who && g->who(g->self, &x->talk, &x->request, &x->reply, e))
        return e->code;
    if (may(x, e))
        return e->code;
    x->admitted = true;
    return TB_OK;
}

static enum tb_code run(struct exchange *x, struct tb_err *e)
{
    const struct route *r = x->request.route;

    x->request.body = buf_str(&x->body);
    if (admit(x, e))
        return e->code;
    if (r->kind == ROUTE_UPLOAD && upload_finish(x, e))
        return e->code;
    x->talk.deadline_us = world_mono_us(x->server->o.world) +
                          (r->slow || r->kind != ROUTE_PLAIN ? SLOW_US : QUICK_US);
    return r->run(&x->talk, &x->request, &x->reply, e);
}

static enum tb_code open_file(struct exchange *x, struct tb_err *e)
{
    struct stat st;

    if (!x->reply.file)
        return TB_OK;
    x->file_fd = open(x->reply.file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (x->file_fd < 0 || fstat(x->file_fd, &st) || !S_ISREG(st.st_mode))
        return tb_fail(e, TB_NOT_FOUND, "文件已不在服务器上，请联系管理员", "file=%s errno=%d",
                       x->reply.file, errno);
    x->file_n = st.st_size;
    return TB_OK;
}

/* Of what the handler and the gate said about the reply, only this holds for an error too. */
static void keep_for_error(struct reply *r)
{
    static const char keep[] = "Set-Cookie,Retry-After,Allow,WWW-Authenticate,X-Challenge";
    size_t n = 0;

    for (size_t i = 0; i < r->header_count; i++)
        if (address_in_list(keep, str_z(r->headers[i].name)))
            r->headers[n++] = r->headers[i];
    r->header_count = n;
}

static void error_reply(struct exchange *x)
{
    int64_t retry = reply_retry_after(&x->reply);

    keep_for_error(&x->reply);
    x->reply.file = NULL;
    x->reply.content_type = NULL;
    if (x->reply.status < 400)
        x->reply.status = status_of(x->code);
    if (!retry && (x->reply.status == 503 || x->reply.status == 429)) {
        retry = x->reply.status == 503 ? 2 : 10;
        if (x->reply.header_count < sizeof(x->reply.headers) / sizeof(x->reply.headers[0]))
            reply_header(&x->reply, "Retry-After",
                         arena_printf(&x->talk.mem, "%lld", (long long)retry));
    }
    buf_reset(&x->reply.body);
    status_body(&x->reply.body, &x->err, x->talk.request_id, retry);
}

void exchange_compose(struct exchange *x)
{
    struct reply_frame f = { .minor = x->more.head.minor,
                             .https = x->https,
                             .request_id = x->talk.request_id };

    if (!x->code)
        x->code = open_file(x, &x->err);
    if (!x->code && x->reply.body.over)
        x->code = tb_fail(&x->err, TB_TOO_LARGE, "结果太大，请缩小范围后再试", "reply=too_large");
    if (x->code)
        error_reply(x);
    f.status = x->reply.status;
    f.keep_alive = x->keep_alive;
    f.body_n = x->reply.file ? x->file_n
               : x->site     ? (int64_t)x->site_body.n
                             : (int64_t)x->reply.body.n;
    reply_head(&x->out, &x->reply, &f);
    if (x->head_only) {
        buf_reset(&x->reply.body);
        x->site_body.n = 0;
        x->file_n = 0;
    }
}

void exchange_log(struct exchange *x)
{
    int status = x->code ? status_of(x->code) : x->reply.status;
    int64_t us = world_mono_us(x->server->o.world) - x->begun_us;
    const char *name = x->request.route ? x->request.route->path : x->site ? "static" : "none";
    struct str path = x->request.path, method = str_sub(x->more.head.method, 0, 16);
    char labels[192];

    if (x->reply.status >= 400)
        status = x->reply.status;
    snprintf(labels, sizeof(labels), "route=\"%s\",code=\"%d\"", name, status);
    metric_add("http_requests_total", labels, 1);
    snprintf(labels, sizeof(labels), "route=\"%s\"", name);
    metric_seen("http_request_seconds", labels, (double)us / 1e6);
    path = str_sub(path, 0, utf8_floor(path, 200));
    log_line(status == 500 || x->code == TB_STORE ? LOG_ERROR : LOG_INFO, "access",
             "id=%s method=%.*s path=%.*s status=%d ms=%.1f address=%.*s role=%s%s%s",
             x->talk.request_id, STR_FMT(method), STR_FMT(path), status, (double)us / 1000.0,
             STR_FMT(x->talk.actor.address), role_name(x->talk.actor.role), x->code ? " why=" : "",
             x->code ? x->err.log : "");
}

static void finish(struct exchange *x)
{
    const struct gate *g = &x->server->o.gate;

    if (g->after && x->request.route && (x->talk.db || !g->open_db))
        g->after(g->self, &x->talk, &x->request, x->code, &x->err);
    if (x->streaming)
        stream_end(x);
    else
        exchange_compose(x);
    exchange_log(x);
}

static enum tb_code work(struct exchange *x, struct tb_err *e)
{
    switch (x->stage) {
    case STAGE_GATE:
        return admit(x, e) || upload_open(x, e) ? e->code : TB_OK;
    case STAGE_PART:
        (void)!upload_feed(x, buf_str(&x->body), e);
        buf_reset(&x->body);
        return e->code;
    case STAGE_RUN:
        if (x->request.route->kind == ROUTE_STREAM)
            stream_open(x);
        return run(x, e);
    default:
        x->talk.actor.role = ROLE_CITIZEN;
        *e = x->err;
        return e->code;
    }
}

void exchange_work(struct exchange *x, struct lane_thread *w)
{
    struct tb_err e = TB_ERR_INIT;

    x->code = lane_db(w, &x->talk.db, &e);
    if (!x->code)
        x->code = work(x, &e);
    if (x->code)
        x->err = e;
    if (x->code && !x->body_done && x->stage != STAGE_REFUSE)
        x->keep_alive = false; /* the rest of its body would be read as the next request */
    if (x->code || x->stage == STAGE_RUN)
        finish(x);
    x->talk.db = NULL;
    server_post(x, true);
}
