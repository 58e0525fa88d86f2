#include "store/dual.h"

#include "base/utf8.h"
#include "store/access_rules.h"
#include "store/audit.h"

enum { REASON_LEAST = 4, REASON_MOST = 200, LIST_MOST = 200, DETAIL_MOST = 4000 };

const struct dual_kind dual_kinds[] = {
    { "user.role", "更改角色和部门", PERM_USER_WRITE },
    { "user.add", "开通管理账号", PERM_USER_WRITE },
    { "access.rules", "更改访问规则", PERM_USER_WRITE },
    { "audit.export", "导出审计记录", PERM_AUDIT_READ },
    { "personal.carry", "更正或删除个人信息", PERM_USER_WRITE },
    { "egress.abroad", "登记出境的外联地址", PERM_USER_WRITE },
    { NULL, NULL, PERM_NONE },
};

const struct dual_kind *dual_kind_of(struct str name)
{
    for (const struct dual_kind *k = dual_kinds; k->name; k++)
        if (str_eqz(name, k->name))
            return k;
    return NULL;
}

static enum tb_code looks_right(const struct talk *t, const struct approval *a, struct tb_err *e)
{
    const struct dual_kind *k = dual_kind_of(a->kind);
    size_t n = utf8_count(str_trim(a->reason));

    if (!k)
        return tb_fail(e, TB_INVALID, "没有这种双人确认的事项", "kind unknown");
    if (!actor_may(&t->actor, k->asks))
        return tb_fail(e, TB_FORBIDDEN, "您的角色不能申请这件事", "dual kind=%s", k->name);
    if (n < REASON_LEAST || n > REASON_MOST)
        return tb_fail(e, TB_INVALID, "请写明理由，4 到 200 个字", "reason=%zu", n);
    if (a->object.n > REASON_MOST || a->detail.n > DETAIL_MOST)
        return tb_fail(e, TB_INVALID, "申请的内容太长", "detail=%zu", a->detail.n);
    return TB_OK;
}

static enum tb_code ask_once(struct talk *t, const struct approval *a, int64_t *id,
                             struct tb_err *e)
{
    int64_t now = world_now_ms(t->world), same;

    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM approval WHERE kind = :kind AND object = :object "
                       "AND detail = :detail AND asked_by = :me AND state IN ('waiting', "
                       "'confirmed') AND expires_at > :now"),
                   ARGS(db_text("kind", a->kind), db_text("object", a->object),
                        db_text("detail", a->detail), db_int("me", t->actor.id),
                        db_int("now", now)),
                   &same, NULL, e))
        return e->code;
    if (same)
        return tb_fail(e, TB_CONFLICT, "这件事您已经申请过了，请等另一位确认，或直接办理",
                       "dual asked already");
    if (db_insert(t->db,
                  SQL("INSERT INTO approval(kind, object, detail, reason, asked_by, asked_at, "
                      "expires_at) VALUES(:kind, :object, :detail, :reason, :me, :now, :until)"),
                  ARGS(db_text("kind", a->kind), db_text("object", a->object),
                       db_text("detail", a->detail), db_text("reason", str_trim(a->reason)),
                       db_int("me", t->actor.id), db_int("now", now),
                       db_int("until", now + DUAL_WAIT_MS)),
                  id, e))
        return e->code;
    return audit_witness(t, "approval.ask", arena_printf(&t->mem, "%lld", (long long)*id),
                         arena_printf(&t->mem, "kind=%.*s", STR_FMT(a->kind)), e);
}

enum tb_code dual_ask(struct talk *t, const struct approval *a, int64_t *id, struct tb_err *e)
{
    enum tb_code c;

    if (looks_right(t, a, e))
        return e->code;
    c = db_begin(t->db, e);
    return c ? c : db_end(t->db, ask_once(t, a, id, e), e);
}

static struct approval take(struct rows *r, int64_t now)
{
    struct approval a = { .id = rows_int(r, 0),
                          .kind = rows_str(r, 1),
                          .object = rows_str(r, 2),
                          .detail = rows_str(r, 3),
                          .reason = rows_str(r, 4),
                          .state = rows_str(r, 5),
                          .asked_at = rows_int(r, 6),
                          .expires_at = rows_int(r, 7),
                          .decided_at = rows_int(r, 8),
                          .used_at = rows_int(r, 9),
                          .asked_by = rows_str(r, 10),
                          .asked_name = rows_str(r, 11),
                          .decided_by = rows_str(r, 12),
                          .decided_name = rows_str(r, 13) };

    if ((str_eqz(a.state, "waiting") || str_eqz(a.state, "confirmed")) && a.expires_at <= now)
        a.state = STR("expired");
    return a;
}

enum tb_code dual_list(struct talk *t, int64_t asker, struct approval **out, size_t *n,
                       struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT a.id, a.kind, a.object, a.detail, a.reason, a.state, a.asked_at, "
                   "a.expires_at, a.decided_at, a.used_at, coalesce(s.login, ''), "
                   "coalesce(s.name, ''), coalesce(d.login, ''), coalesce(d.name, '') "
                   "FROM approval a LEFT JOIN staff s ON s.id = a.asked_by "
                   "LEFT JOIN staff d ON d.id = a.decided_by "
                   "WHERE :asker = 0 OR a.asked_by = :asker ORDER BY a.id DESC LIMIT :most"),
               ARGS(db_int("asker", asker), db_int("most", LIST_MOST)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = take(r, world_now_ms(t->world));
    }
}

/* Asked again inside the write, so that of two who decide at once one is told. */
static enum tb_code decide(struct talk *t, int64_t id, bool yes, struct tb_err *e)
{
    int64_t now = world_now_ms(t->world), asker;
    bool found;

    if (db_ask_int(t->db, SQL("SELECT coalesce(asked_by, 0) FROM approval WHERE id = :id"),
                   ARGS(db_int("id", id)), &asker, &found, e))
        return e->code;
    if (!found)
        return tb_fail(e, TB_NOT_FOUND, "没有这个申请", "approval unknown");
    if (asker == t->actor.id)
        return tb_fail(e, TB_FORBIDDEN, "自己的申请要由另一个人确认", "approval own");
    if (db_run(t->db,
               SQL("UPDATE approval SET state = :state, decided_by = :me, decided_at = :now, "
                   "expires_at = :until WHERE id = :id AND state = 'waiting' "
                   "AND expires_at > :now"),
               ARGS(db_text("state", yes ? STR("confirmed") : STR("refused")),
                    db_int("me", t->actor.id), db_int("now", now),
                    db_int("until", now + DUAL_USE_MS), db_int("id", id)),
               e))
        return e->code;
    if (db_changed(t->db) != 1)
        return tb_fail(e, TB_CONFLICT, "这个申请已经有人处理，或者已经过期", "approval decided");
    return audit_witness(t, yes ? "approval.confirm" : "approval.refuse",
                         arena_printf(&t->mem, "%lld", (long long)id), STR(""), e);
}

enum tb_code dual_decide(struct talk *t, int64_t id, bool yes, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    return c ? c : db_end(t->db, decide(t, id, yes, e), e);
}

static enum tb_code emergency(struct talk *t, const char *kind, struct str object,
                              struct str detail, struct tb_err *e)
{
    int64_t now = world_now_ms(t->world), id;

    if (db_insert(t->db,
                  SQL("INSERT INTO approval(kind, object, detail, reason, state, asked_at, "
                      "expires_at, used_at) VALUES(:kind, :object, :detail, :who, 'emergency', "
                      ":now, :now, :now)"),
                  ARGS(db_text("kind", str_z(kind)), db_text("object", object),
                       db_text("detail", detail), db_text("who", t->actor.login),
                       db_int("now", now)),
                  &id, e))
        return e->code;
    return audit_witness(t, "approval.emergency", arena_printf(&t->mem, "%lld", (long long)id),
                         arena_printf(&t->mem, "kind=%s", kind), e);
}

static enum tb_code use(struct talk *t, const char *kind, struct str object, struct str detail,
                        bool once, struct tb_err *e)
{
    int64_t now = world_now_ms(t->world);

    if (db_run(t->db,
               SQL("UPDATE approval SET state = 'used', used_at = :now WHERE id = (SELECT min(id) "
                   "FROM approval WHERE kind = :kind AND object = :object AND detail = :detail "
                   "AND asked_by = :me AND expires_at > :now AND (state = 'confirmed' OR "
                   "(state = 'used' AND :once = 0)))"),
               ARGS(db_text("kind", str_z(kind)), db_text("object", object),
                    db_text("detail", detail), db_int("me", t->actor.id), db_int("now", now),
                    db_int("once", once)),
               e))
        return e->code;
    if (db_changed(t->db) == 1)
        return TB_OK;
    return tb_fail(e, TB_FORBIDDEN,
                   "这一步要另一位有权的人确认：请在“双人确认”里写明理由提出申请，确认后再办理",
                   "dual=needed kind=%s", kind);
}

enum tb_code dual_use(struct talk *t, const char *kind, struct str object, struct str detail,
                      bool once, struct tb_err *e)
{
    struct access_rules rules;

    if (access_rules_read(t->db, &rules, e))
        return e->code;
    if (!rules.dual)
        return TB_OK;
    if (t->actor.role == ROLE_SYSTEM)
        return emergency(t, kind, object, detail, e);
    return use(t, kind, object, detail, once, e);
}
