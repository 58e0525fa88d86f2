#include "store/egress_row.h"

#include "base/date.h"
#include "base/utf8.h"
#include "store/audit.h"
#include "store/dual.h"

static const int64_t day_ms = 86400000;

enum tb_code egress_row_changes(struct db *d, int64_t *out, struct tb_err *e)
{
    bool found;

    return db_ask_int(d,
                      SQL("SELECT COALESCE(MAX(id), 0) * 100000 + COUNT(CASE WHEN ended_at > 0 "
                          "THEN 1 END) FROM egress"),
                      NO_ARGS, out, &found, e);
}

enum tb_code egress_row_list(struct db *d, struct arena *a, struct egress_row **out, size_t *n,
                             struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a,
               SQL("SELECT id, host, port, purpose, owner, abroad, expires_at, made_by, made_at, "
                   "ended_at, ended_by FROM egress ORDER BY id DESC LIMIT 500"),
               NO_ARGS, &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = (struct egress_row){ .id = rows_int(r, 0),
                                              .host = rows_str(r, 1),
                                              .port = rows_int(r, 2),
                                              .purpose = rows_str(r, 3),
                                              .owner = rows_str(r, 4),
                                              .abroad = rows_int(r, 5),
                                              .expires_at = rows_int(r, 6),
                                              .made_by = rows_str(r, 7),
                                              .made_at = rows_int(r, 8),
                                              .ended_at = rows_int(r, 9),
                                              .ended_by = rows_str(r, 10) };
    }
    rows_close(r);
    return e->code;
}

/* A name in small letters, or an address: no scheme, no path, no wildcard. */
static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
              c == ':' || c == '[' || c == ']'))
            return false;
    }
    return s.n > 0 && s.n < 254 && s.p[0] != '.' && s.p[0] != '-';
}

static enum tb_code check(const struct egress_row *r, int64_t now, struct tb_err *e)
{
    if (!is_host(r->host))
        return tb_fail(e, TB_INVALID,
                       "主机应写成小写的域名或地址，如 api.example.cn，不带 https://", "host=%.*s",
                       STR_FMT(str_sub(r->host, 0, 60)));
    if (r->port < 1 || r->port > 65535)
        return tb_fail(e, TB_INVALID, "端口应为 1 到 65535", "port=%lld", (long long)r->port);
    if (!r->owner.n || utf8_count(r->owner) > 40)
        return tb_fail(e, TB_INVALID, "请写明由谁负责，40 字以内", "owner");
    if (!r->purpose.n || utf8_count(r->purpose) > 200)
        return tb_fail(e, TB_INVALID, "请写明做什么用，200 字以内", "purpose");
    if (r->expires_at <= now || r->expires_at > now + EGRESS_DAYS_MAX * day_ms)
        return tb_fail(e, TB_INVALID, "到期日应在今天之后、一年之内", "expires");
    return TB_OK;
}

static enum tb_code insert(struct talk *t, struct egress_row *r, struct tb_err *e)
{
    struct str place = arena_printf(&t->mem, "%.*s:%lld", STR_FMT(r->host), (long long)r->port);
    struct str detail;
    char day[16];

    if (r->abroad && dual_use(t, "egress.abroad", place, r->owner, true, e))
        return e->code;
    r->made_by = t->actor.login;
    r->made_at = world_now_ms(t->world);
    if (db_insert(t->db,
                  SQL("INSERT INTO egress(host, port, purpose, owner, abroad, expires_at, made_by, "
                      "made_at) VALUES(:host, :port, :purpose, :owner, :abroad, :until, :by, :at)"),
                  ARGS(db_text("host", r->host), db_int("port", r->port),
                       db_text("purpose", r->purpose), db_text("owner", r->owner),
                       db_int("abroad", r->abroad), db_int("until", r->expires_at),
                       db_text("by", r->made_by), db_int("at", r->made_at)),
                  &r->id, e))
        return e->code;
    detail = arena_printf(&t->mem, "id=%lld abroad=%d until=%.*s", (long long)r->id, r->abroad,
                          STR_FMT(day_text(day_from_ms(r->expires_at - 1), day)));
    return audit_witness(t, "egress.add", place, detail, e);
}

enum tb_code egress_row_add(struct talk *t, struct egress_row *r, struct tb_err *e)
{
    if (check(r, world_now_ms(t->world), e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, insert(t, r, e), e);
}

static enum tb_code end(struct talk *t, int64_t id, struct tb_err *e)
{
    if (db_run(t->db,
               SQL("UPDATE egress SET ended_at = :now, ended_by = :by WHERE id = :id AND "
                   "ended_at = 0"),
               ARGS(db_int("now", world_now_ms(t->world)), db_text("by", t->actor.login),
                    db_int("id", id)),
               e))
        return e->code;
    if (!db_changed(t->db))
        return tb_fail(e, TB_NOT_FOUND, "没有这一条，或者已经停用", "egress id=%lld",
                       (long long)id);
    return audit_witness(t, "egress.end", arena_printf(&t->mem, "%lld", (long long)id), STR(""), e);
}

enum tb_code egress_row_end(struct talk *t, int64_t id, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, end(t, id, e), e);
}
