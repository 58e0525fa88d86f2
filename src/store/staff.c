#include "store/staff.h"

#include "base/utf8.h"
#include "store/session.h"

enum { NAME_MAX_CHARS = 40, TITLE_MAX_CHARS = 60 };

bool staff_login_shaped(struct str s)
{
    if (s.n < 3 || s.n > 32 || s.p[0] < 'a' || s.p[0] > 'z')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

#define COLUMNS                                                                                    \
    "s.id, s.login, s.name, s.role, s.department_id, p.name, s.title, s.password, s.must_change, " \
    "s.disabled, s.locked_until, s.created_at, s.password_at, "                                    \
    "coalesce((SELECT max(x.seen_at) FROM session x WHERE x.staff_id = s.id), 0) "                 \
    "FROM staff s JOIN department p ON p.id = s.department_id"

static struct staff row_take(struct rows *r)
{
    struct staff s = { .id = rows_int(r, 0),
                       .login = rows_str(r, 1),
                       .name = rows_str(r, 2),
                       .department = rows_str(r, 4),
                       .department_name = rows_str(r, 5),
                       .title = rows_str(r, 6),
                       .password = rows_str(r, 7),
                       .must_change = rows_int(r, 8) != 0,
                       .disabled = rows_int(r, 9) != 0,
                       .locked_until = rows_int(r, 10),
                       .created_at = rows_int(r, 11),
                       .password_at = rows_int(r, 12),
                       .seen_at = rows_int(r, 13) };

    /* A role this program does not know gives no right at all. */
    if (!role_parse(rows_str(r, 3), &s.role))
        s.disabled = true;
    return s;
}

enum tb_code staff_read(struct db *d, struct arena *a, struct str login, struct staff *out,
                        struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = (struct staff){ 0 };
    if (!staff_login_shaped(login))
        return tb_fail(e, TB_NOT_FOUND, "没有这个账号", "login not shaped");
    if (db_ask(d, a, SQL("SELECT " COLUMNS " WHERE s.login = :login"),
               ARGS(db_text("login", login)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_NOT_FOUND, "没有这个账号", "login unknown");
    *out = row_take(r);
    rows_close(r);
    return TB_OK;
}

enum tb_code staff_list(struct db *d, struct arena *a, struct staff **out, size_t *n,
                        struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a, SQL("SELECT " COLUMNS " ORDER BY s.login"), NO_ARGS, &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = row_take(r);
    }
}

static enum tb_code department_known(struct db *d, struct str id, struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(d, SQL("SELECT count(*) FROM department WHERE id = :id"),
                   ARGS(db_text("id", id)), &n, NULL, e))
        return e->code;
    if (n == 0)
        return tb_fail(e, TB_INVALID, "没有这个部门，请先在城市资料里添加", "department unknown");
    return TB_OK;
}

static enum tb_code looks_right(const struct staff *s, struct tb_err *e)
{
    size_t name = utf8_count(str_trim(s->name));

    if (!staff_login_shaped(s->login))
        return tb_fail(e, TB_INVALID,
                       "登录名应为 3 到 32 个小写字母、数字、点、下划线或短横，以字母开头",
                       "login not shaped");
    if (name < 1 || name > NAME_MAX_CHARS || utf8_count(s->title) > TITLE_MAX_CHARS)
        return tb_fail(e, TB_INVALID, "姓名应为 1 到 40 个字，职务不超过 60 个字", "name=%zu",
                       name);
    if (s->role < ROLE_CLERK || s->role >= ROLE_SYSTEM)
        return tb_fail(e, TB_INVALID, "没有这种角色", "role=%d", (int)s->role);
    return TB_OK;
}

enum tb_code staff_add(struct db *d, const struct world *w, struct staff *s, struct tb_err *e)
{
    int64_t now = world_now_ms(w);
    enum tb_code c;

    if (looks_right(s, e) || department_known(d, s->department, e))
        return e->code;
    c = db_insert(d,
                  SQL("INSERT INTO staff(login, name, role, department_id, title, password, "
                      "must_change, created_at, password_at) VALUES(:login, :name, :role, "
                      ":department, :title, :password, :must_change, :now, :now)"),
                  ARGS(db_text("login", s->login), db_text("name", str_trim(s->name)),
                       db_text("role", str_z(role_name(s->role))),
                       db_text("department", s->department), db_text("title", s->title),
                       db_text("password", s->password), db_int("must_change", s->must_change),
                       db_int("now", now)),
                  &s->id, e);
    if (c == TB_CONFLICT)
        return tb_fail(e, TB_CONFLICT, "这个登录名已有人用，请换一个", "login taken");
    return c;
}

enum tb_code staff_set_password(struct db *d, const struct world *w, int64_t id, struct str encoded,
                                bool must_change, int64_t keep, struct tb_err *e)
{
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    c = db_run(d,
               SQL("UPDATE staff SET password = :password, must_change = :must_change, "
                   "password_at = :now, failures = 0, locked_until = 0 WHERE id = :id"),
               ARGS(db_text("password", encoded), db_int("must_change", must_change),
                    db_int("now", world_now_ms(w)), db_int("id", id)),
               e);
    if (!c)
        c = session_end_all(d, id, keep, e);
    return db_end(d, c, e);
}

enum tb_code staff_set_role(struct db *d, int64_t id, enum role role, struct str department,
                            struct tb_err *e)
{
    enum tb_code c;

    if (role < ROLE_CLERK || role >= ROLE_SYSTEM)
        return tb_fail(e, TB_INVALID, "没有这种角色", "role=%d", (int)role);
    c = db_begin(d, e);
    if (c)
        return c;
    c = department_known(d, department, e);
    if (!c)
        c = db_run(d,
                   SQL("UPDATE staff SET role = :role, department_id = :department WHERE id = :id"),
                   ARGS(db_text("role", str_z(role_name(role))), db_text("department", department),
                        db_int("id", id)),
                   e);
    if (!c)
        c = session_end_all(d, id, 0, e);
    return db_end(d, c, e);
}

enum tb_code staff_set_disabled(struct db *d, int64_t id, bool disabled, struct tb_err *e)
{
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    c = db_run(d,
               SQL("UPDATE staff SET disabled = :disabled, failures = 0, locked_until = 0 "
                   "WHERE id = :id"),
               ARGS(db_int("disabled", disabled), db_int("id", id)), e);
    if (!c)
        c = session_end_all(d, id, 0, e);
    return db_end(d, c, e);
}

enum tb_code staff_count(struct db *d, enum role role, int64_t *out, struct tb_err *e)
{
    return db_ask_int(d, SQL("SELECT count(*) FROM staff WHERE role = :role AND disabled = 0"),
                      ARGS(db_text("role", str_z(role_name(role)))), out, NULL, e);
}
