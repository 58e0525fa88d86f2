#include "store/employee.h"

#include "base/date.h"
#include "base/utf8.h"

enum { REASON_CHARS = 200, CHANGES = 100 };

/* -- reading -- */

#define AWAY(who)                                                                                  \
    "EXISTS (SELECT 1 FROM staff_leave l WHERE l.staff_id = " who ".id AND l.ended = 0 AND "       \
    "l.from_day <= :today AND l.to_day >= :today)"
#define KEEPER(who)                                                                                \
    who ".id, " who ".login, " who ".name, " who ".department_id, " who ".role, " who              \
        ".disabled, " AWAY(who)
#define EMPLOYEE_COLUMNS                                                                           \
    "SELECT x.id, x.key, x.name, x.about, x.category, x.department_id, d.name, x.scenarios, "      \
    "x.serves, x.knowledge, x.checks, x.hours, x.phase, x.phase_since, x.been_public, "            \
    "x.sensitivity, x.priority, x.prompt, x.off, x.off_reason, x.revision, x.created_at, "         \
    "x.updated_at, x.personal, x.personal_reason, " KEEPER("g") ", " KEEPER(                       \
        "p") " FROM employee x "                                                                   \
             "JOIN department d ON d.id = x.department_id "                                        \
             "LEFT JOIN staff g ON g.id = x.guardian_id LEFT JOIN staff p ON p.id = x.deputy_id "
enum { GUARDIAN_AT = 25, DEPUTY_AT = 32 };

static struct keeper keeper_take(struct rows *r, int at)
{
    struct keeper k = { .id = rows_int(r, at),
                        .login = rows_str(r, at + 1),
                        .name = rows_str(r, at + 2),
                        .department = rows_str(r, at + 3),
                        .away = rows_int(r, at + 6) != 0 };
    enum role role;

    k.able = k.id && rows_int(r, at + 5) == 0 && role_parse(rows_str(r, at + 4), &role) &&
             (role_perms(role) & PERM_REVIEW) != 0;
    return k;
}

static enum tb_code words_take(struct arena *a, struct str text, struct words *out,
                               struct tb_err *e)
{
    const struct json_value *v;

    if (json_read(a, text, &v, e))
        return e->code;
    out->n = json_len(v);
    out->v = ARENA_ARRAY(a, struct str, out->n + 1);
    for (size_t i = 0; i < out->n; i++)
        out->v[i] = json_text(json_at(v, i));
    return TB_OK;
}

static enum tb_code hours_take(struct arena *a, struct str text, struct employee *x,
                               struct tb_err *e)
{
    const struct json_value *v;

    if (json_read(a, text, &v, e))
        return e->code;
    for (size_t i = 0; i < json_len(v) && i < EMPLOYEE_HOURS; i++) {
        const struct json_value *h = json_at(v, i);

        x->hours[x->hour_n++] = (struct duty_hours){ .days = (unsigned)json_get_int(h, "days", 0),
                                                     .from = (int)json_get_int(h, "from", 0),
                                                     .to = (int)json_get_int(h, "to", 0) };
    }
    return TB_OK;
}

/* What this program does not know holds back rather than lets go. */
static void levels_take(struct rows *r, struct employee *x)
{
    if (!phase_parse(rows_str(r, 12), &x->phase))
        x->phase = PHASE_TRIAL;
    if (!sensitivity_parse(rows_str(r, 15), &x->sensitivity))
        x->sensitivity = SENSITIVITY_HIGH;
    if (!priority_parse(rows_str(r, 16), &x->priority))
        x->priority = PRIORITY_BATCH;
    if (!personal_parse(rows_str(r, 23), &x->personal))
        x->personal = PERSONAL_REFUSE;
}

static enum tb_code row_take(struct rows *r, struct arena *a, struct employee *x, struct tb_err *e)
{
    *x = (struct employee){ .id = rows_int(r, 0),
                            .key = rows_str(r, 1),
                            .name = rows_str(r, 2),
                            .about = rows_str(r, 3),
                            .category = rows_str(r, 4),
                            .department = rows_str(r, 5),
                            .department_name = rows_str(r, 6),
                            .phase_since = rows_int(r, 13),
                            .been_public = rows_int(r, 14) != 0,
                            .prompt = rows_str(r, 17),
                            .off = rows_int(r, 18) != 0,
                            .off_reason = rows_str(r, 19),
                            .revision = rows_int(r, 20),
                            .created_at = rows_int(r, 21),
                            .updated_at = rows_int(r, 22),
                            .personal_reason = rows_str(r, 24),
                            .guardian = keeper_take(r, GUARDIAN_AT),
                            .deputy = keeper_take(r, DEPUTY_AT) };
    levels_take(r, x);
    if (words_take(a, rows_str(r, 7), &x->scenarios, e) ||
        words_take(a, rows_str(r, 8), &x->serves, e) ||
        words_take(a, rows_str(r, 9), &x->knowledge, e) ||
        words_take(a, rows_str(r, 10), &x->checks, e))
        return e->code;
    return hours_take(a, rows_str(r, 11), x, e);
}

static enum tb_code read_one(struct rows *r, struct arena *a, struct employee *out,
                             struct tb_err *e)
{
    enum tb_code c;
    bool more;

    if (rows_next(r, &more, e))
        return e->code;
    c = more ? row_take(r, a, out, e)
             : tb_fail(e, TB_NOT_FOUND, "没有这个数智员工", "employee unknown");
    rows_close(r);
    return c;
}

enum tb_code employee_read(struct db *d, struct arena *a, const struct world *w, struct str key,
                           struct employee *out, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(d, a, SQL(EMPLOYEE_COLUMNS "WHERE x.key = :key"),
               ARGS(db_text("key", key), db_day("today", day_today(w))), &r, e))
        return e->code;
    return read_one(r, a, out, e);
}

enum tb_code employee_read_id(struct db *d, struct arena *a, const struct world *w, int64_t id,
                              struct employee *out, struct tb_err *e)
{
    struct rows *r;

    if (db_ask(d, a, SQL(EMPLOYEE_COLUMNS "WHERE x.id = :id"),
               ARGS(db_int("id", id), db_day("today", day_today(w))), &r, e))
        return e->code;
    return read_one(r, a, out, e);
}

enum tb_code employee_list(struct db *d, struct arena *a, const struct world *w,
                           struct employee **out, size_t *n, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a, SQL(EMPLOYEE_COLUMNS "ORDER BY x.id"), ARGS(db_day("today", day_today(w))), &r,
               e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        if (row_take(r, a, &(*out)[(*n)++], e)) {
            rows_close(r);
            return e->code;
        }
    }
}

/* -- changing -- */

static struct str words_text(struct arena *a, const struct words *w)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < w->n; i++)
        json_str(&j, w->v[i]);
    json_end(&j);
    return arena_buf(a, &b);
}

static struct str hours_text(struct arena *a, const struct employee *x)
{
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < x->hour_n; i++) {
        json_obj(&j);
        json_kint(&j, "days", x->hours[i].days);
        json_kint(&j, "from", x->hours[i].from);
        json_kint(&j, "to", x->hours[i].to);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

static struct str form_text(struct arena *a, const struct employee *x)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    employee_form(&j, x);
    json_end(&j);
    return arena_buf(a, &b);
}

static enum tb_code keeper_find(struct talk *t, struct keeper *k, const char *none,
                                struct tb_err *e)
{
    struct rows *r;
    enum role role;
    bool more;

    k->id = 0;
    if (k->login.n == 0)
        return TB_OK;
    if (db_ask(t->db, &t->mem, SQL("SELECT id, role FROM staff WHERE login = :login"),
               ARGS(db_text("login", k->login)), &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (!more)
        return tb_fail(e, TB_INVALID, none, "keeper unknown");
    k->id = rows_int(r, 0);
    k->able = role_parse(rows_str(r, 1), &role) && (role_perms(role) & PERM_REVIEW) != 0;
    rows_close(r);
    return k->able ? TB_OK
                   : tb_fail(e, TB_INVALID, "这个人没有审核的权限，不能当监护人或代理",
                             "keeper may not review");
}

static enum tb_code department_known(struct talk *t, struct str id, struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db, SQL("SELECT count(*) FROM department WHERE id = :id"),
                   ARGS(db_text("id", id)), &n, NULL, e))
        return e->code;
    return n ? TB_OK
             : tb_fail(e, TB_INVALID, "没有这个部门，请先在城市资料里添加", "department unknown");
}

static enum tb_code names_known(struct talk *t, struct employee *x, struct str reason,
                                struct tb_err *e)
{
    if (reason.n == 0 || utf8_count(reason) > REASON_CHARS)
        return tb_fail(e, TB_INVALID, "请写明原因，200 字以内", "reason chars=%zu",
                       utf8_count(reason));
    if (department_known(t, x->department, e) ||
        keeper_find(t, &x->guardian, "没有这个监护人的账号", e) ||
        keeper_find(t, &x->deputy, "没有这个代理监护人的账号", e))
        return e->code;
    for (size_t i = 0; i < x->serves.n; i++)
        if (department_known(t, x->serves.v[i], e))
            return e->code;
    if (x->guardian.id && x->guardian.id == x->deputy.id)
        return tb_fail(e, TB_INVALID, "代理监护人要是另一个人", "deputy is guardian");
    return TB_OK;
}

static enum tb_code insert(struct talk *t, struct employee *x, struct tb_err *e)
{
    struct arena *a = &t->mem;
    int64_t now = world_now_ms(t->world);
    enum tb_code c;

    x->revision = 1;
    x->created_at = x->updated_at = now;
    if (!x->phase_since)
        x->phase_since = now;
    c = db_insert(
        t->db,
        SQL("INSERT INTO employee(key, name, about, category, department_id, scenarios, serves, "
            "knowledge, checks, hours, guardian_id, deputy_id, phase, phase_since, been_public, "
            "sensitivity, priority, personal, personal_reason, prompt, off, off_reason, "
            "created_at, "
            "updated_at) "
            "VALUES(:key, :name, :about, :category, :department, :scenarios, :serves, :knowledge, "
            ":checks, :hours, :guardian, :deputy, :phase, :since, :public, :sensitivity, "
            ":priority, :personal, :personal_reason, :prompt, :off, :off_reason, :now, :now)"),
        ARGS(db_text("key", x->key), db_text("name", x->name), db_text("about", x->about),
             db_text("category", x->category), db_text("department", x->department),
             db_text("scenarios", words_text(a, &x->scenarios)),
             db_text("serves", words_text(a, &x->serves)),
             db_text("knowledge", words_text(a, &x->knowledge)),
             db_text("checks", words_text(a, &x->checks)), db_text("hours", hours_text(a, x)),
             db_id("guardian", x->guardian.id), db_id("deputy", x->deputy.id),
             db_text("phase", str_z(phase_name(x->phase))), db_int("since", x->phase_since),
             db_int("public", x->phase == PHASE_PUBLIC),
             db_text("sensitivity", str_z(sensitivity_name(x->sensitivity))),
             db_text("priority", str_z(priority_name(x->priority))), db_text("prompt", x->prompt),
             db_text("personal", str_z(personal_name(x->personal))),
             db_text("personal_reason", x->personal_reason), db_int("off", x->off),
             db_text("off_reason", x->off_reason), db_int("now", now)),
        &x->id, e);
    if (c == TB_CONFLICT)
        return tb_fail(e, TB_CONFLICT, "已经有同名（key）的数智员工", "employee key taken");
    return c;
}

static enum tb_code update(struct talk *t, struct employee *x, struct tb_err *e)
{
    struct arena *a = &t->mem;
    int64_t now = world_now_ms(t->world);

    if (db_run(
            t->db,
            SQL("UPDATE employee SET name = :name, about = :about, category = :category, "
                "department_id = :department, scenarios = :scenarios, serves = :serves, "
                "knowledge = :knowledge, checks = :checks, hours = :hours, "
                "guardian_id = :guardian, deputy_id = :deputy, sensitivity = :sensitivity, "
                "priority = :priority, personal = :personal, personal_reason = :personal_reason, "
                "prompt = :prompt, revision = revision + 1, "
                "updated_at = :now WHERE id = :id AND revision = :revision"),
            ARGS(db_text("name", x->name), db_text("about", x->about),
                 db_text("category", x->category), db_text("department", x->department),
                 db_text("scenarios", words_text(a, &x->scenarios)),
                 db_text("serves", words_text(a, &x->serves)),
                 db_text("knowledge", words_text(a, &x->knowledge)),
                 db_text("checks", words_text(a, &x->checks)), db_text("hours", hours_text(a, x)),
                 db_id("guardian", x->guardian.id), db_id("deputy", x->deputy.id),
                 db_text("sensitivity", str_z(sensitivity_name(x->sensitivity))),
                 db_text("priority", str_z(priority_name(x->priority))),
                 db_text("personal", str_z(personal_name(x->personal))),
                 db_text("personal_reason", x->personal_reason), db_text("prompt", x->prompt),
                 db_int("now", now), db_int("id", x->id), db_int("revision", x->revision)),
            e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT, "刚刚有人改过，请刷新后再改", "employee revision");
    x->revision++;
    x->updated_at = now;
    return TB_OK;
}

static enum tb_code change_add(struct talk *t, const struct employee *x, struct str reason,
                               struct str before, int64_t undoes, struct tb_err *e)
{
    return db_run(
        t->db,
        SQL("INSERT INTO employee_change(employee_id, revision, staff_id, reason, before, after, "
            "undoes, created_at) VALUES(:employee, :revision, :staff, :reason, :before, :after, "
            ":undoes, :now)"),
        ARGS(db_int("employee", x->id), db_int("revision", x->revision),
             db_id("staff", t->actor.id), db_text("reason", reason), db_text("before", before),
             db_text("after", form_text(&t->mem, x)), db_id("undoes", undoes),
             db_int("now", world_now_ms(t->world))),
        e);
}

static enum tb_code keep(struct talk *t, struct employee *x, struct str reason, int64_t undoes,
                         struct tb_err *e)
{
    struct str before = STR("{}");
    struct employee old;

    if (names_known(t, x, reason, e))
        return e->code;
    if (x->id) {
        if (employee_read_id(t->db, &t->mem, t->world, x->id, &old, e))
            return e->code;
        before = form_text(&t->mem, &old);
    }
    if (x->id ? update(t, x, e) : insert(t, x, e))
        return e->code;
    return change_add(t, x, reason, before, undoes, e);
}

enum tb_code employee_keep(struct talk *t, struct employee *x, struct str reason, int64_t undoes,
                           struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, keep(t, x, str_trim(reason), undoes, e), e);
}

static enum tb_code turn(struct talk *t, struct employee *x, bool off, struct str reason,
                         struct tb_err *e)
{
    struct str before = form_text(&t->mem, x);

    if (reason.n == 0 || utf8_count(reason) > REASON_CHARS)
        return tb_fail(e, TB_INVALID, "请写明原因，200 字以内", "reason chars=%zu",
                       utf8_count(reason));
    x->off = off;
    x->off_reason = off ? reason : STR("");
    if (db_run(t->db,
               SQL("UPDATE employee SET off = :off, off_reason = :reason, revision = revision + 1, "
                   "updated_at = :now WHERE id = :id AND revision = :revision"),
               ARGS(db_int("off", off), db_text("reason", x->off_reason),
                    db_int("now", world_now_ms(t->world)), db_int("id", x->id),
                    db_int("revision", x->revision)),
               e))
        return e->code;
    if (db_changed(t->db) == 0)
        return tb_fail(e, TB_CONFLICT, "刚刚有人改过，请刷新后再改", "employee revision");
    x->revision++;
    return change_add(t, x, reason, before, 0, e);
}

enum tb_code employee_switch(struct talk *t, struct employee *x, bool off, struct str reason,
                             struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, turn(t, x, off, str_trim(reason), e), e);
}

enum tb_code employee_changes(struct talk *t, int64_t employee_id, struct employee_change **out,
                              size_t *n, struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = ARENA_ARRAY(&t->mem, struct employee_change, CHANGES);
    *n = 0;
    if (db_ask(t->db, &t->mem,
               SQL("SELECT c.id, c.revision, c.undoes, c.created_at, s.name, c.reason, c.before, "
                   "c.after, EXISTS (SELECT 1 FROM employee_change u WHERE u.undoes = c.id) "
                   "FROM employee_change c LEFT JOIN staff s ON s.id = c.staff_id "
                   "WHERE c.employee_id = :id ORDER BY c.revision DESC LIMIT 100"),
               ARGS(db_int("id", employee_id)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        (*out)[(*n)++] = (struct employee_change){ .id = rows_int(r, 0),
                                                   .revision = rows_int(r, 1),
                                                   .undoes = rows_int(r, 2),
                                                   .created_at = rows_int(r, 3),
                                                   .by_name = rows_str(r, 4),
                                                   .reason = rows_str(r, 5),
                                                   .before = rows_str(r, 6),
                                                   .after = rows_str(r, 7),
                                                   .undone = rows_int(r, 8) != 0 };
    }
}
