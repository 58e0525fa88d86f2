/* 审计: the auditor reads the trail, checks it, takes it away. */
#include "scenario/console/console.h"

#include "base/date.h"
#include "base/fs.h"
#include "store/audit_export.h"
#include "store/audit_file.h"
#include "store/dual.h"
#include "store/setting.h"

enum { EXPORT_MAX = 50000 };
static const int64_t day_ms = 24LL * 3600 * 1000, zone_ms = 8LL * 3600 * 1000;

/* ?from=2026-11-01&to=2026-11-21, both days included; ?verb=, ?actor= and ?object=. */
static enum tb_code filter_of(const struct request *q, struct audit_filter *f, struct tb_err *e)
{
    struct str from = request_query(q, "from"), to = request_query(q, "to");
    int32_t first = 0, last = 0;

    if ((from.n && !day_parse(from, &first)) || (to.n && !day_parse(to, &last)))
        return tb_fail(e, TB_INVALID, "日期应写成 2026-11-21 的形式", "from or to is no day");
    f->verb = request_query(q, "verb");
    f->actor = request_query(q, "actor");
    f->object = request_query(q, "object");
    f->from = from.n ? first * day_ms - zone_ms : 0;
    f->to = to.n ? (last + 1) * day_ms - zone_ms : 0;
    return TB_OK;
}

enum tb_code trail_list(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct audit_filter f = { .after = -1 };
    struct audit_row *rows;
    struct page p;
    int64_t total;
    size_t n;

    if (filter_of(q, &f, e) || request_page(q, &p, e))
        return e->code;
    f.skip = p.skip;
    f.max = p.size;
    if (audit_count(t->db, &f, &total, e) || audit_list(t->db, &t->mem, &f, &rows, &n, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++)
        audit_json(&r->json, &rows[i]);
    reply_total(r, total);
    return TB_OK;
}

/* The checkpoint beside the database, where there is one. */
static const struct audit_checkpoint *kept(struct talk *t, struct audit_checkpoint *c)
{
    struct tb_err e = TB_ERR_INIT;

    if (!t->at || !t->at->data_dir)
        return NULL;
    if (audit_file_read(&t->mem, fs_join(&t->mem, t->at->data_dir, "trail.checkpoint"), c, &e))
        return NULL;
    return c;
}

static enum tb_code remember(struct talk *t, const struct audit_verdict *v, struct tb_err *e)
{
    struct str line =
        arena_printf(&t->mem, "{\"at\":%lld,\"ok\":%s,\"rows\":%lld,\"first_bad\":%lld}",
                     (long long)world_now_ms(t->world), v->ok ? "true" : "false",
                     (long long)v->rows, (long long)v->first_bad);

    return setting_write(t->db, "audit.verified", line, e);
}

enum tb_code trail_verify(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    struct audit_checkpoint outside;
    struct audit_verdict v;

    (void)q;
    if (audit_verify(t->db, t->at ? t->at->keys : NULL, kept(t, &outside), t->world, &v, e) ||
        remember(t, &v, e))
        return e->code;
    json_obj(&r->json);
    json_kbool(&r->json, "ok", v.ok);
    json_kint(&r->json, "rows", v.rows);
    json_kint(&r->json, "checkpoints", v.checkpoints);
    json_kint(&r->json, "signed_to", v.signed_to);
    json_kreal(&r->json, "checked_ms", (double)v.us / 1000.0);
    json_key(&r->json, "first_bad");
    if (v.first_bad)
        json_int(&r->json, v.first_bad);
    else
        json_null(&r->json);
    json_kstr(&r->json, "why", str_z(v.why));
    json_end(&r->json);
    return TB_OK;
}

/* What is confirmed is this choice of rows and no other. */
static struct str asked(struct talk *t, const struct request *q)
{
    static const char *const names[] = { "from", "to", "verb", "actor", "object" };
    struct buf b = BUF_INIT(4096);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (i)
            buf_addc(&b, '&');
        buf_addz(&b, names[i]);
        buf_addc(&b, '=');
        buf_add(&b, request_query(q, names[i]));
    }
    return arena_buf(&t->mem, &b);
}

static enum tb_code to_reply(void *self, struct str text, struct tb_err *e)
{
    struct reply *r = self;

    buf_add(&r->body, text);
    if (r->body.over)
        return tb_fail(e, TB_TOO_LARGE, "导出的内容太大，请缩小范围", "export body");
    return TB_OK;
}

enum tb_code trail_export(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    struct audit_filter f = { 0 };
    struct audit_export_options o = { .filter = &f,
                                      .most = EXPORT_MAX,
                                      .keys = t->at->keys,
                                      .world = t->world,
                                      .put = to_reply,
                                      .self = r };
    struct audit_exported x;

    if (filter_of(q, &f, e) || dual_use(t, "audit.export", STR(""), asked(t, q), false, e) ||
        audit_export(t->db, &o, &x, e))
        return e->code;
    r->content_type = "application/x-ndjson; charset=utf-8";
    reply_header(r, "Content-Disposition", STR("attachment; filename=\"audit.jsonl\""));
    return TB_OK;
}
