#include "store/account.h"

#include "store/audit.h"
#include "store/dual.h"
#include "store/sign_in.h"

/* Hashing takes its time: before the transaction, which holds up everybody who writes. */
static struct str new_password(struct talk *t, char first[PASSWORD_FIRST])
{
    char encoded[PASSWORD_ENCODED];

    password_first(t->world, first);
    password_hash(t->world, str_z(first), encoded);
    return arena_str(&t->mem, str_z(encoded));
}

/* What is asked for and confirmed: 角色/部门, as the trigger in sql/0010 reads it. */
static struct str post(struct talk *t, enum role role, struct str department)
{
    return arena_printf(&t->mem, "%s/%.*s", role_name(role), STR_FMT(department));
}

/* The three that hold the house together (三权分立) are opened by two. */
static enum tb_code open_witnessed(struct talk *t, struct staff *s, struct tb_err *e)
{
    if (s->role >= ROLE_AUDITOR &&
        dual_use(t, "user.add", s->login, post(t, s->role, s->department), true, e))
        return e->code;
    if (staff_add(t->db, t->world, s, e))
        return e->code;
    return audit_witness(t, "user.add", s->login,
                         arena_printf(&t->mem, "role=%s department=%.*s", role_name(s->role),
                                      STR_FMT(s->department)),
                         e);
}

enum tb_code account_open(struct talk *t, struct staff *s, char first[PASSWORD_FIRST],
                          struct tb_err *e)
{
    s->password = new_password(t, first);
    s->must_change = true;
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, open_witnessed(t, s, e), e);
}

static enum tb_code reset_witnessed(struct talk *t, const struct staff *s, struct str encoded,
                                    struct tb_err *e)
{
    if (staff_set_password(t->db, t->world, s->id, encoded, true, 0, e) ||
        sign_in_done(t->db, s->login, e))
        return e->code;
    return audit_witness(t, "user.reset", s->login, STR(""), e);
}

enum tb_code account_reset(struct talk *t, const struct staff *s, char first[PASSWORD_FIRST],
                           struct tb_err *e)
{
    struct str encoded = new_password(t, first);

    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, reset_witnessed(t, s, encoded, e), e);
}

static enum tb_code disable_witnessed(struct talk *t, const struct staff *s, bool disabled,
                                      struct tb_err *e)
{
    if (staff_set_disabled(t->db, s->id, disabled, e) ||
        (!disabled && sign_in_done(t->db, s->login, e)))
        return e->code;
    return audit_witness(t, disabled ? "user.lock" : "user.unlock", s->login, STR(""), e);
}

enum tb_code account_disable(struct talk *t, const struct staff *s, bool disabled, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, disable_witnessed(t, s, disabled, e), e);
}

static enum tb_code assign_witnessed(struct talk *t, const struct staff *s, enum role role,
                                     struct str department, struct tb_err *e)
{
    bool same = role == s->role && str_eq(department, s->department);

    if ((!same && dual_use(t, "user.role", s->login, post(t, role, department), true, e)) ||
        staff_set_role(t->db, s->id, role, department, e))
        return e->code;
    return audit_witness(t, "user.role", s->login,
                         arena_printf(&t->mem, "from=%s/%.*s to=%s/%.*s", role_name(s->role),
                                      STR_FMT(s->department), role_name(role), STR_FMT(department)),
                         e);
}

enum tb_code account_assign(struct talk *t, const struct staff *s, enum role role,
                            struct str department, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, assign_witnessed(t, s, role, department, e), e);
}
