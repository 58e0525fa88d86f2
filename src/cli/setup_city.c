#include "cli/setup_city.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "base/yaml.h"
#include "crypto/password.h"
#include "crypto/sm3.h"
#include "scenario/employee/file.h"
#include "scenario/hotline/places.h"
#include "store/department.h"
#include "store/setting.h"
#include "store/staff.h"
#include "store/standard.h"

#include <stdio.h>

static const int64_t day_ms = 24LL * 3600 * 1000, zone_ms = 8LL * 3600 * 1000;

static enum tb_code keys_known(const struct yaml *map, const char *const *known, struct tb_err *e)
{
    if (map->kind != YAML_MAP)
        return yaml_fail(map, "这里应为“字段: 值”", e);
    for (size_t i = 0; i < map->n; i++) {
        size_t k = 0;

        while (known[k] && !str_eqz(map->keys[i], known[k]))
            k++;
        if (!known[k])
            return yaml_fail(map->items[i], "不认识的字段", e);
    }
    return TB_OK;
}

static enum tb_code need(const struct yaml *map, const char *key, struct tb_err *e)
{
    const struct yaml *v = yaml_get(map, key);
    char what[128];

    if (v && v->kind == YAML_SCALAR && v->text.n)
        return TB_OK;
    (void)snprintf(what, sizeof(what), "缺少字段 %s", key);
    return yaml_fail(map, what, e);
}

/* -- offices -- */

static enum tb_code windows_json(const struct yaml *list, struct buf *out, struct tb_err *e)
{
    static const char *const known[] = { "name", "address", "hours", "phone", NULL };
    struct json j = JSON_INIT(out);

    json_arr(&j);
    for (size_t i = 0; i < yaml_len(list); i++) {
        const struct yaml *w = list->items[i];

        if (keys_known(w, known, e) || need(w, "name", e))
            return e->code;
        json_obj(&j);
        for (size_t k = 0; known[k]; k++)
            json_kstr(&j, known[k], yaml_str(w, known[k]));
        json_end(&j);
    }
    json_end(&j);
    return TB_OK;
}

static void list_json(const struct yaml *list, struct buf *out)
{
    struct json j = JSON_INIT(out);

    json_arr(&j);
    for (size_t i = 0; i < yaml_len(list); i++)
        json_str(&j, list->items[i]->text);
    json_end(&j);
}

static enum tb_code department_keep(struct talk *t, const struct yaml *d, int64_t place,
                                    struct tb_err *e)
{
    static const char *const known[] = { "id",    "name",    "short",  "duties",
                                         "phone", "windows", "parent", NULL };
    struct buf duties = BUF_INIT(256 * 1024), windows = BUF_INIT(256 * 1024);
    enum tb_code c;

    if (keys_known(d, known, e) || need(d, "id", e) || need(d, "name", e) || need(d, "short", e))
        return e->code;
    list_json(yaml_get(d, "duties"), &duties);
    c = windows_json(yaml_get(d, "windows"), &windows, e);
    if (!c)
        c = db_run(
            t->db,
            SQL("INSERT INTO department(id, name, short, phone, duties, windows, place, parent) "
                "VALUES(:id, :name, :short, :phone, :duties, :windows, :place, :parent) "
                "ON CONFLICT(id) DO UPDATE SET name = excluded.name, "
                "short = excluded.short, phone = excluded.phone, "
                "duties = excluded.duties, windows = excluded.windows, "
                "place = excluded.place, parent = CASE excluded.parent WHEN '' "
                "THEN department.parent ELSE excluded.parent END"),
            ARGS(db_text("id", yaml_str(d, "id")), db_text("name", yaml_str(d, "name")),
                 db_text("short", yaml_str(d, "short")), db_text("phone", yaml_str(d, "phone")),
                 db_text("duties", buf_str(&duties)), db_text("windows", buf_str(&windows)),
                 db_int("place", place), db_text("parent", yaml_str(d, "parent"))),
            e);
    buf_release(&duties);
    buf_release(&windows);
    return c;
}

/* Texts of the citizens' page, as they are. */
static void portal_json(const struct yaml *portal, struct buf *out)
{
    struct json j = JSON_INIT(out);

    json_obj(&j);
    for (size_t i = 0; portal && portal->kind == YAML_MAP && i < portal->n; i++) {
        struct arena a = ARENA_INIT;

        if (portal->items[i]->kind == YAML_SCALAR)
            json_kstr(&j, arena_z(&a, portal->keys[i]), portal->items[i]->text);
        arena_release(&a);
    }
    json_end(&j);
}

static enum tb_code city_keep(struct talk *t, const struct yaml *y, struct tb_err *e)
{
    struct buf profile = BUF_INIT(256 * 1024);
    enum tb_code c;

    portal_json(yaml_get(y, "portal"), &profile);
    c = db_run(
        t->db,
        SQL("INSERT INTO city(id, name, division_code, hotline, profile) "
            "VALUES(1, :name, :code, :hotline, :profile) ON CONFLICT(id) DO UPDATE SET "
            "name = excluded.name, division_code = excluded.division_code, "
            "hotline = excluded.hotline, profile = excluded.profile"),
        ARGS(db_text("name", yaml_str(y, "name")), db_text("code", yaml_str(y, "division_code")),
             db_text("hotline", yaml_str(y, "hotline")), db_text("profile", buf_str(&profile))),
        e);
    buf_release(&profile);
    return c;
}

/* Whose staff are the hotline's seats. */
static enum tb_code load_desk(struct talk *t, const struct yaml *y, struct tb_err *e)
{
    struct str id = yaml_str(y, "hotline_department");
    struct department d;

    if (id.n == 0)
        return TB_OK;
    if (department_read(t, id, &d, e))
        return e->code;
    if (d.id.n == 0)
        return yaml_fail(yaml_get(y, "hotline_department"), "没有这个部门", e);
    return setting_write(t->db, "hotline.department", id, e);
}

static enum tb_code load_city(struct talk *t, const char *path, struct city_loaded *out,
                              struct tb_err *e)
{
    static const char *const known[] = {
        "name",      "division_code",      "hotline", "portal", "departments",
        "publisher", "hotline_department", NULL
    };
    const struct yaml *list;
    struct yaml *y;

    if (yaml_load(&t->mem, path, &y, e) || keys_known(y, known, e) || need(y, "name", e) ||
        need(y, "division_code", e) || need(y, "hotline", e) || city_keep(t, y, e))
        return e->code;
    list = yaml_get(y, "departments");
    if (yaml_len(list) == 0)
        return yaml_fail(y, "至少要有一个部门（departments）", e);
    for (size_t i = 0; i < list->n; i++)
        if (department_keep(t, list->items[i], (int64_t)i, e))
            return e->code;
    out->departments = (int64_t)list->n;
    return load_desk(t, y, e);
}

/* -- accounts -- */

static void remember(struct talk *t, struct city_loaded *out, const struct staff *s,
                     const char *password)
{
    out->passwords = arena_grow(&t->mem, out->passwords, out->password_n, &out->password_cap,
                                sizeof(*out->passwords));
    out->passwords[out->password_n++] =
        (struct first_password){ s->login, s->name, str_z(role_title(s->role)),
                                 arena_str(&t->mem, str_z(password)) };
}

static enum tb_code user_new(struct talk *t, const struct yaml *u, struct city_loaded *out,
                             struct tb_err *e)
{
    char first[PASSWORD_FIRST], encoded[PASSWORD_ENCODED];
    struct staff s = { .login = yaml_str(u, "login"),
                       .name = yaml_str(u, "name"),
                       .department = yaml_str(u, "department"),
                       .title = yaml_str(u, "title"),
                       .must_change = true };
    struct tb_err why = TB_ERR_INIT;

    if (!role_parse(yaml_str(u, "role"), &s.role))
        return yaml_fail(u, "没有这种角色（role）", e);
    password_first(t->world, first);
    password_hash(t->world, str_z(first), encoded);
    s.password = str_z(encoded);
    if (staff_add(t->db, t->world, &s, &why) == TB_INVALID)
        return yaml_fail(u, why.say, e);
    if (why.code)
        return tb_fail_say(e, why.code, str_z(why.say), str_z(why.log));
    remember(t, out, &s, first);
    return TB_OK;
}

static enum tb_code user_keep(struct talk *t, const struct yaml *u, struct city_loaded *out,
                              struct tb_err *e)
{
    static const char *const known[] = { "login", "name", "role", "department", "title", NULL };
    struct tb_err none = TB_ERR_INIT;
    struct staff there;
    enum tb_code c;

    if (keys_known(u, known, e) || need(u, "login", e) || need(u, "name", e) ||
        need(u, "role", e) || need(u, "department", e))
        return e->code;
    c = staff_read(t->db, &t->mem, yaml_str(u, "login"), &there, &none);
    if (c == TB_OK)
        return TB_OK; /* an account that exists belongs to its person */
    if (c != TB_NOT_FOUND)
        return tb_fail_say(e, c, str_z(none.say), str_z(none.log));
    return user_new(t, u, out, e);
}

static enum tb_code load_users(struct cli *c, struct talk *t, const char *path,
                               struct city_loaded *out, struct tb_err *e)
{
    struct progress bar;
    struct yaml *y;

    if (yaml_load(&t->mem, path, &y, e))
        return e->code;
    if (y->kind != YAML_LIST)
        return yaml_fail(y, "应为账号的列表", e);
    progress_begin(&bar, c, "建立账号");
    for (size_t i = 0; i < y->n; i++) {
        if (user_keep(t, y->items[i], out, e))
            return e->code;
        progress_at(&bar, (int64_t)i + 1, (int64_t)y->n);
    }
    progress_end(&bar, out->password_n ? "完成" : "没有新账号");
    return TB_OK;
}

/* -- standard answers -- */

static enum tb_code citations(struct talk *t, const struct yaml *list, struct standard *s,
                              struct tb_err *e)
{
    static const char *const known[] = { "document", "clause", NULL };

    s->citation_n = yaml_len(list);
    s->citations = ARENA_ARRAY(&t->mem, struct standard_citation, s->citation_n + 1);
    for (size_t i = 0; i < s->citation_n; i++) {
        const struct yaml *y = list->items[i];

        if (keys_known(y, known, e) || need(y, "document", e) || need(y, "clause", e))
            return e->code;
        s->citations[i] =
            (struct standard_citation){ yaml_str(y, "document"), yaml_str(y, "clause") };
    }
    return TB_OK;
}

/* The person whom a file names as having signed; y NULL: nobody. */
static enum tb_code named_signer(struct talk *t, const struct yaml *y, struct signer *by,
                                 struct tb_err *e)
{
    struct tb_err none = TB_ERR_INIT;
    struct staff who;

    *by = (struct signer){ .way = "import" };
    if (!y || y->text.n == 0)
        return TB_OK;
    if (staff_read(t->db, &t->mem, y->text, &who, &none))
        return yaml_fail(y, "没有这个账号", e);
    if (who.disabled || (role_perms(who.role) & PERM_SIGN) == 0)
        return yaml_fail(y, "签发人要是监护人或部门管理员", e);
    by->id = who.id;
    by->name = who.name;
    return TB_OK;
}

/* Who approved it and on which day. Without a name it waits in the queue like any other draft. */
static enum tb_code approval(struct talk *t, const struct yaml *y, struct signer *by,
                             struct tb_err *e)
{
    struct str on = yaml_str(y, "approved_on");
    int32_t day;

    if (named_signer(t, yaml_get(y, "approved_by"), by, e))
        return e->code;
    if (on.n && !day_parse(on, &day))
        return yaml_fail(yaml_get(y, "approved_on"), "日期应写成 2026-11-21 的形式", e);
    if (on.n)
        by->at = day * day_ms - zone_ms;
    return TB_OK;
}

static enum tb_code validity(const struct yaml *y, const char *key, int32_t *out, struct tb_err *e)
{
    struct str day = yaml_str(y, key);

    *out = DAY_NONE;
    if (day.n && !day_parse(day, out))
        return yaml_fail(yaml_get(y, key), "日期应写成 2026-11-21 的形式", e);
    return TB_OK;
}

/* Nothing to do for one that stands there word for word. */
static enum tb_code stands(struct talk *t, const struct standard *s, bool *yes, struct tb_err *e)
{
    struct standard old;
    bool found;
    int64_t id;

    *yes = false;
    if (db_ask_int(t->db,
                   SQL("SELECT id FROM standard_answer WHERE key = :key AND state = 'approved'"),
                   ARGS(db_text("key", s->key)), &id, &found, e) ||
        !found)
        return e->code;
    if (standard_read(t, id, &old, e))
        return e->code;
    *yes = str_eq(standard_body(&t->mem, &old), standard_body(&t->mem, s));
    return TB_OK;
}

static enum tb_code propose_and_sign(struct talk *t, struct standard *s, const struct signer *by,
                                     struct tb_err *e)
{
    struct draft d;

    if (standard_keep(t, s, &d, e))
        return e->code;
    return by->id ? standard_sign(t, &d, by, e) : TB_OK;
}

static enum tb_code standard_put(struct talk *t, struct standard *s, const struct signer *by,
                                 struct tb_err *e)
{
    bool same;

    if (stands(t, s, &same, e) || same)
        return e->code;
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, propose_and_sign(t, s, by, e), e);
}

static enum tb_code standard_load(struct talk *t, const struct yaml *y, struct tb_err *e)
{
    static const char *const known[] = { "id",         "questions",   "answer",      "citations",
                                         "department", "approved_by", "approved_on", "valid_from",
                                         "valid_to",   NULL };
    const struct yaml *questions;
    struct tb_err why = TB_ERR_INIT;
    struct standard s = { .source = STR("setup") };
    struct signer by;

    if (keys_known(y, known, e) || need(y, "id", e) || need(y, "answer", e))
        return e->code;
    questions = yaml_get(y, "questions");
    s.key = yaml_str(y, "id");
    s.answer = yaml_str(y, "answer");
    s.department = yaml_str(y, "department");
    s.question_n = yaml_len(questions);
    s.questions = ARENA_ARRAY(&t->mem, struct str, s.question_n + 1);
    for (size_t i = 0; i < s.question_n; i++)
        s.questions[i] = questions->items[i]->text;
    if (citations(t, yaml_get(y, "citations"), &s, e) || approval(t, y, &by, e) ||
        validity(y, "valid_from", &s.valid_from, e) || validity(y, "valid_to", &s.valid_to, e))
        return e->code;
    if (standard_put(t, &s, &by, &why))
        return yaml_fail(y, why.say, e);
    return TB_OK;
}

/* A standard answer that people have changed or withdrawn since the last set-up is theirs. */
static enum tb_code theirs(struct talk *t, struct str key, int64_t since, bool *yes,
                           struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM standard_answer WHERE key = :key AND "
                       "(state <> 'approved' OR updated_at > :since)"),
                   ARGS(db_text("key", key), db_int("since", since)), &n, NULL, e))
        return e->code;
    *yes = n > 0;
    return TB_OK;
}

static enum tb_code last_setup(struct talk *t, int64_t *at, struct tb_err *e)
{
    struct str text;

    if (setting_read(t->db, &t->mem, "setup.at", &text, e))
        return e->code;
    if (!str_i64(text, at))
        *at = 0;
    return TB_OK;
}

static enum tb_code load_standards(struct cli *c, struct talk *t, const char *path,
                                   struct city_loaded *out, struct tb_err *e)
{
    struct progress bar;
    int64_t since;
    struct yaml *y;
    char what[64];

    if (yaml_load(&t->mem, path, &y, e) || last_setup(t, &since, e))
        return e->code;
    if (y->kind != YAML_LIST)
        return yaml_fail(y, "应为标准问答的列表", e);
    progress_begin(&bar, c, "标准问答");
    for (size_t i = 0; i < y->n; i++) {
        bool skip = false;

        if (theirs(t, yaml_str(y->items[i], "id"), since, &skip, e) ||
            (!skip && standard_load(t, y->items[i], e)))
            return e->code;
        *(skip ? &out->standards_kept : &out->standards) += 1;
        progress_at(&bar, (int64_t)i + 1, (int64_t)y->n);
    }
    (void)snprintf(what, sizeof(what), "%zu 条", y->n);
    progress_end(&bar, what);
    return TB_OK;
}

/* -- digital employees -- */

/* The city's own folder, else what this installation ships and this city has the people for. */
static enum tb_code load_employees(struct cli *c, struct talk *t, const char *dir,
                                   struct city_loaded *out, struct tb_err *e)
{
    struct arena *a = &t->mem;
    char *own = fs_join(a, dir, "employees"), *shipped = fs_join(a, t->at->share_dir, "employees");
    bool strict = fs_is_dir(own);
    struct employee_files got = { 0 };
    struct progress bar;
    char what[64];

    if (!strict && !fs_is_dir(shipped))
        return TB_OK;
    progress_begin(&bar, c, "数智员工");
    if (employee_files_load(t, strict ? own : shipped, strict, &got, e))
        return e->code;
    out->employees = got.made;
    (void)snprintf(what, sizeof(what), "%lld 名", (long long)(got.made + got.changed + got.kept));
    progress_end(&bar, what);
    return TB_OK;
}

/* After the accounts: the publisher is one of them, and signs what has nobody else
 * (draft_next_signer).
 */
static enum tb_code load_publisher(struct talk *t, const char *path, struct signer *out,
                                   struct tb_err *e)
{
    struct yaml *y;

    if (yaml_load(&t->mem, path, &y, e))
        return e->code;
    if (named_signer(t, yaml_get(y, "publisher"), out, e))
        return e->code;
    return setting_write(t->db, "review.publisher", yaml_str(y, "publisher"), e);
}

/* Kept as it is written, once it reads: the pages draw the map from it. */
static enum tb_code load_places(struct talk *t, const char *dir, struct tb_err *e)
{
    const char *path = fs_join(&t->mem, dir, "places.yaml");
    struct places *p;
    struct str text;

    if (!fs_exists(path))
        return TB_OK;
    if (fs_read(&t->mem, path, 16 << 20, &text, e) ||
        places_read(&t->mem, text, "places.yaml", &p, e))
        return e->code;
    return setting_write(t->db, PLACES_SETTING, text, e);
}

enum tb_code setup_city(struct cli *c, struct talk *t, const char *dir, struct city_loaded *out,
                        struct tb_err *e)
{
    struct arena *a = &t->mem;
    char *users = fs_join(a, dir, "users.yaml"),
         *standards = fs_join(a, dir, "standard_answers.yaml");

    *out = (struct city_loaded){ 0 };
    if (load_city(t, fs_join(a, dir, "city.yaml"), out, e))
        return e->code;
    if (fs_exists(users) && load_users(c, t, users, out, e))
        return e->code;
    if (load_publisher(t, fs_join(a, dir, "city.yaml"), &out->publisher, e))
        return e->code;
    if ((fs_exists(standards) && load_standards(c, t, standards, out, e)) || load_places(t, dir, e))
        return e->code;
    return load_employees(c, t, dir, out, e);
}

/* -- has anything changed? -- */

static enum tb_code digest_dir(struct arena *a, const char *dir, int deep, struct sm3 *s,
                               struct tb_err *e)
{
    char **names;
    size_t n;

    if (fs_list(a, dir, &names, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        char *path = fs_join(a, dir, names[i]);
        struct str bytes = STR("");
        enum tb_code c;

        if (names[i][0] == '.')
            continue;
        c = fs_is_dir(path) ? (deep > 0 ? digest_dir(a, path, deep - 1, s, e) : TB_OK)
                            : fs_read(a, path, 64 << 20, &bytes, e);
        if (c)
            return c;
        sm3_add(s, arena_printf(a, "%s:%zu:", names[i], bytes.n));
        sm3_add(s, bytes);
    }
    return TB_OK;
}

enum tb_code setup_digest(struct arena *a, const char *dir, char out[65], struct tb_err *e)
{
    char *shipped = fs_join(a, share_dir(a), "employees");
    struct sm3 s;
    enum tb_code c;

    sm3_begin(&s);
    c = digest_dir(a, dir, 1, &s, e);
    if (!c && fs_is_dir(shipped))
        c = digest_dir(a, shipped, 0, &s, e);
    sm3_end_hex(&s, out);
    return c;
}
