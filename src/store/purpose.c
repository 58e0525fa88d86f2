#include "store/purpose.h"

#include "base/utf8.h"
#include "store/access_rules.h"
#include "store/audit.h"

enum { NOTE_LEAST = 4, NOTE_MOST = 200 };

const struct purpose_kind purpose_kinds[] = {
    { "audit", "审计检查" },
    { "complaint", "投诉核查" },
    { "inquiry", "纪检监察调取" },
    { "incident", "安全事件处置" },
    { "personal", "个人信息请求" },
    { "case", "办理业务" },
    { NULL, NULL },
};

static bool kind_known(struct str kind)
{
    for (const struct purpose_kind *k = purpose_kinds; k->name; k++)
        if (str_eqz(kind, k->name))
            return true;
    return false;
}

static enum tb_code declare(struct talk *t, struct str kind, struct str note, int64_t *id,
                            struct tb_err *e)
{
    int64_t now = world_now_ms(t->world);

    if (db_insert(t->db,
                  SQL("INSERT INTO purpose(staff_id, session_id, kind, note, at, until) "
                      "VALUES(:me, :session, :kind, :note, :now, :until)"),
                  ARGS(db_int("me", t->actor.id), db_int("session", t->actor.session_id),
                       db_text("kind", kind), db_text("note", note), db_int("now", now),
                       db_int("until", now + PURPOSE_MS)),
                  id, e))
        return e->code;
    return audit_witness(t, "purpose.declare", arena_printf(&t->mem, "%lld", (long long)*id),
                         arena_printf(&t->mem, "kind=%.*s", STR_FMT(kind)), e);
}

enum tb_code purpose_declare(struct talk *t, struct str kind, struct str note, int64_t *id,
                             struct tb_err *e)
{
    size_t n = utf8_count(str_trim(note));
    enum tb_code c;

    if (!kind_known(kind))
        return tb_fail(e, TB_INVALID, "没有这种用途", "purpose kind");
    if (n < NOTE_LEAST || n > NOTE_MOST)
        return tb_fail(e, TB_INVALID, "请写明具体用途，4 到 200 个字", "note=%zu", n);
    c = db_begin(t->db, e);
    return c ? c : db_end(t->db, declare(t, kind, str_trim(note), id, e), e);
}

enum tb_code purpose_read(struct talk *t, struct purpose_now *out, struct tb_err *e)
{
    struct access_rules rules;
    struct rows *r;
    bool more;

    *out = (struct purpose_now){ 0 };
    if (access_rules_read(t->db, &rules, e) ||
        db_ask(t->db, &t->mem,
               SQL("SELECT id, until FROM purpose WHERE session_id = :session AND staff_id = :me "
                   "AND until > :now ORDER BY id DESC LIMIT 1"),
               ARGS(db_int("session", t->actor.session_id), db_int("me", t->actor.id),
                    db_int("now", world_now_ms(t->world))),
               &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    out->needed = rules.purpose;
    if (more) {
        out->id = rows_int(r, 0);
        out->until = rows_int(r, 1);
    }
    rows_close(r);
    return TB_OK;
}

enum tb_code purpose_witness(struct talk *t, const char *verb, struct str object, struct tb_err *e)
{
    struct purpose_now now;

    if (purpose_read(t, &now, e))
        return e->code;
    if (!now.id && now.needed && t->actor.role != ROLE_SYSTEM)
        return tb_fail(e, TB_FORBIDDEN, "查看这些内容要先说明用途", "purpose=needed");
    return audit_witness(
        t, verb, object,
        now.id ? arena_printf(&t->mem, "purpose=%lld", (long long)now.id) : STR(""), e);
}
