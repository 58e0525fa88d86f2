#include "store/audit_floor.h"

#include "base/json.h"
#include "base/utf8.h"
#include "store/setting.h"

static const int64_t day_ms = 24LL * 3600 * 1000;
enum { REASON_LEAST = 4, REASON_MOST = 200 };

enum tb_code audit_floor_read(struct db *d, struct arena *a, struct audit_floor *out,
                              struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = (struct audit_floor){ .hash = STR("") };
    if (db_ask(d, a, SQL("SELECT last, at, hash, signature FROM audit_floor WHERE id = 1"), NO_ARGS,
               &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more)
        *out =
            (struct audit_floor){ rows_int(r, 0), rows_int(r, 1), rows_str(r, 2), rows_str(r, 3) };
    rows_close(r);
    return TB_OK;
}

static struct str signed_text(struct arena *a, const struct audit_floor *f)
{
    return arena_printf(a, "tongban-floor-1\n%lld\n%.*s\n%lld\n", (long long)f->last,
                        STR_FMT(f->hash), (long long)f->at);
}

bool audit_floor_holds(const struct sm2_keys *keys, const struct audit_floor *f)
{
    struct arena a = ARENA_INIT;
    bool ok = sm2_verify_any(keys, signed_text(&a, f), f->signature);

    arena_release(&a);
    return ok;
}

enum tb_code audit_keeping_read(struct db *d, struct arena *a, struct audit_keeping *out,
                                struct tb_err *e)
{
    const struct json_value *v;
    struct str text;

    *out = (struct audit_keeping){ .days = AUDIT_KEEP_DAYS };
    if (setting_read(d, a, "audit.keep_days", &text, e))
        return e->code;
    if (text.n && (!str_i64(text, &out->days) || out->days < AUDIT_KEEP_LEAST))
        out->days = AUDIT_KEEP_DAYS;
    if (setting_read(d, a, "audit.hold", &text, e))
        return e->code;
    if (!text.n)
        return TB_OK;
    if (json_read(a, text, &v, e))
        return tb_fail(e, TB_CORRUPT, "审计记录的保留设置已损坏，请重新设置", "setting=audit.hold");
    out->held = true;
    out->hold_reason = json_get_str(v, "reason");
    out->hold_by = json_get_str(v, "by");
    out->hold_at = json_get_int(v, "at", 0);
    return TB_OK;
}

static enum tb_code set_witnessed(struct talk *t, const char *name, struct str value,
                                  const char *verb, struct str detail, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = setting_write(t->db, name, value, e);
    if (!c)
        c = audit_witness(t, verb, STR(""), detail, e);
    return db_end(t->db, c, e);
}

enum tb_code audit_keep_days(struct talk *t, int64_t days, struct tb_err *e)
{
    if (days < AUDIT_KEEP_LEAST || days > AUDIT_KEEP_MOST)
        return tb_fail(e, TB_INVALID, "审计记录的保存天数应为 183 到 10950 天", "days=%lld",
                       (long long)days);
    return set_witnessed(t, "audit.keep_days", arena_printf(&t->mem, "%lld", (long long)days),
                         "audit.keep", arena_printf(&t->mem, "days=%lld", (long long)days), e);
}

enum tb_code audit_hold(struct talk *t, bool held, struct str reason, struct tb_err *e)
{
    struct buf b = BUF_INIT(8 * 1024);
    struct json j = JSON_INIT(&b);
    size_t n = utf8_count(str_trim(reason));

    if (!held)
        return set_witnessed(t, "audit.hold", STR(""), "audit.unhold", STR(""), e);
    if (n < REASON_LEAST || n > REASON_MOST)
        return tb_fail(e, TB_INVALID, "请写明为什么要冻结，4 到 200 个字", "reason=%zu", n);
    json_obj(&j);
    json_kstr(&j, "reason", str_trim(reason));
    json_kstr(&j, "by", t->actor.login);
    json_kint(&j, "at", world_now_ms(t->world));
    json_end(&j);
    return set_witnessed(t, "audit.hold", arena_buf(&t->mem, &b), "audit.hold", STR(""), e);
}

enum tb_code audit_prunable(struct db *d, const struct world *w, int64_t *last, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct audit_keeping k;
    enum tb_code c = audit_keeping_read(d, &a, &k, e);

    *last = 0;
    if (!c && k.held)
        c = tb_fail(e, TB_CONFLICT, "审计记录正在冻结中，解除冻结之前不能归档", "audit=held");
    /* Not by the rows' times alone: one old row after young ones takes nothing with it. */
    if (!c)
        c = db_ask_int(d,
                       SQL("SELECT coalesce(max(c.last), 0) FROM audit_checkpoint c WHERE c.last < "
                           "coalesce((SELECT min(id) FROM audit WHERE at >= :before), "
                           "(SELECT max(id) + 1 FROM audit)) AND c.last > "
                           "coalesce((SELECT last FROM audit_floor WHERE id = 1), 0)"),
                       ARGS(db_int("before", world_now_ms(w) - k.days * day_ms)), last, NULL, e);
    arena_release(&a);
    return c;
}

static enum tb_code floor_write(struct talk *t, const struct keyring *keys, int64_t last,
                                struct tb_err *e)
{
    struct audit_floor f = { .last = last, .at = world_now_ms(t->world) };
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem, SQL("SELECT hash FROM audit WHERE id = :last"),
               ARGS(db_int("last", last)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_INVALID, "没有可以归档的审计记录", "last=%lld", (long long)last);
    f.hash = rows_str(r, 0);
    rows_close(r);
    f.signature = sm2_sign(keyring_trail(keys), &t->mem, signed_text(&t->mem, &f));
    return db_run(t->db,
                  SQL("INSERT INTO audit_floor(id, last, hash, signature, at) "
                      "VALUES(1, :last, :hash, :signature, :at) ON CONFLICT(id) DO UPDATE SET "
                      "last = excluded.last, hash = excluded.hash, "
                      "signature = excluded.signature, at = excluded.at"),
                  ARGS(db_int("last", f.last), db_text("hash", f.hash),
                       db_text("signature", f.signature), db_int("at", f.at)),
                  e);
}

static enum tb_code take_out(struct talk *t, int64_t last, struct str digest, struct tb_err *e)
{
    int64_t most;

    if (audit_prunable(t->db, t->world, &most, e))
        return e->code;
    if (last < 1 || last > most)
        return tb_fail(e, TB_INVALID, "这些审计记录还没到可以归档的时候", "last=%lld most=%lld",
                       (long long)last, (long long)most);
    if (floor_write(t, t->at->keys, last, e) ||
        db_run(t->db, SQL("DELETE FROM audit WHERE id <= :last"), ARGS(db_int("last", last)), e))
        return e->code;
    return audit_witness(
        t, "audit.prune", STR(""),
        arena_printf(&t->mem, "to=%lld sm3=%.*s", (long long)last, STR_FMT(digest)), e);
}

enum tb_code audit_prune(struct talk *t, int64_t last, struct str digest, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    return c ? c : db_end(t->db, take_out(t, last, digest, e), e);
}
