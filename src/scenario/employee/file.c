#include "scenario/employee/file.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/yaml.h"
#include "store/audit.h"
#include "store/employee.h"
#include "store/staff.h"
#include "store/step.h"

static const char *const fields[] = {
    "key",       "name",   "about",    "category", "department", "scenarios",       "serves",
    "knowledge", "checks", "guardian", "deputy",   "phase",      "sensitivity",     "priority",
    "prompt",    "hours",  "off",      "signed",   "personal",   "personal_reason", NULL
};
static const char *const needed[] = { "key",       "name",      "category", "department",
                                      "scenarios", "knowledge", "prompt",   NULL };
static const int64_t day_ms = 24LL * 3600 * 1000, zone_ms = 8LL * 3600 * 1000;

static void scalar_json(struct json *j, const struct yaml *y)
{
    int64_t n;

    if (!y->quoted && str_i64(y->text, &n))
        json_int(j, n);
    else if (!y->quoted && (str_eqz(y->text, "true") || str_eqz(y->text, "false")))
        json_bool(j, y->text.p[0] == 't');
    else
        json_str(j, y->text);
}

/* Depth is the file's own, at most what base/yaml.h reads. */
static void to_json(struct arena *a, struct json *j, const struct yaml *y)
{
    if (y->kind == YAML_SCALAR) {
        scalar_json(j, y);
        return;
    }
    if (y->kind == YAML_LIST)
        json_arr(j);
    else
        json_obj(j);
    for (size_t i = 0; i < y->n; i++) {
        if (y->kind == YAML_MAP)
            json_key(j, arena_z(a, y->keys[i]));
        to_json(a, j, y->items[i]);
    }
    json_end(j);
}

static const struct yaml *place_of(const struct yaml *y, const char *field)
{
    const struct yaml *at = yaml_get(y, field);

    return at ? at : y;
}

static enum tb_code fields_known(struct arena *a, const struct yaml *y, struct tb_err *e)
{
    if (y->kind != YAML_MAP)
        return yaml_fail(y, "这里应为“字段: 值”", e);
    for (size_t i = 0; i < y->n; i++) {
        size_t k = 0;

        while (fields[k] && !str_eqz(y->keys[i], fields[k]))
            k++;
        if (!fields[k])
            return yaml_fail(y->items[i],
                             arena_printf(a, "不认识的字段 %.*s", STR_FMT(y->keys[i])).p, e);
    }
    for (size_t i = 0; needed[i]; i++)
        if (!yaml_get(y, needed[i]))
            return yaml_fail(y, arena_printf(a, "缺少字段 %s", needed[i]).p, e);
    return TB_OK;
}

static bool key_shaped(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
              s.p[i] == '-'))
            return false;
    return s.n >= 2 && s.n <= 40 && s.p[0] >= 'a';
}

static enum tb_code read_form(struct talk *t, const struct yaml *y, struct employee *x,
                              struct tb_err *e)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);
    struct tb_err why = TB_ERR_INIT;
    const struct json_value *v;
    const char *field = "";

    to_json(&t->mem, &j, y);
    if (json_read(&t->mem, arena_buf(&t->mem, &b), &v, e))
        return e->code;
    *x = (struct employee){ .key = yaml_str(y, "key"),
                            .sensitivity = category_sensitivity(yaml_str(y, "category")),
                            .priority = PRIORITY_HOTLINE,
                            .phase = PHASE_TRIAL,
                            .off = yaml_bool(y, "off", false) };
    if (!key_shaped(x->key))
        return yaml_fail(place_of(y, "key"), "key 应为小写字母、数字和短横", e);
    if (employee_from_form(&t->mem, v, x, &field, &why))
        return yaml_fail(place_of(y, field), why.say, e);
    if (yaml_get(y, "phase") && !phase_parse(yaml_str(y, "phase"), &x->phase))
        return yaml_fail(yaml_get(y, "phase"), "阶段（phase）应为 trial、internal 或 public", e);
    x->off_reason = x->off ? STR("文件里写明停用") : STR("");
    return TB_OK;
}

static enum tb_code signer(struct talk *t, const struct yaml *y, const char *key, int64_t *id,
                           struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    struct staff s;

    if (staff_read(t->db, &t->mem, yaml_str(y, key), &s, &why))
        return yaml_fail(place_of(y, key), "签字的人没有账号", e);
    *id = s.id;
    return TB_OK;
}

/* A phase beyond trial rests on the signatures of two people (先内后外). */
static enum tb_code read_signed(struct talk *t, const struct yaml *y, const struct employee *x,
                                struct step *s, struct tb_err *e)
{
    const struct yaml *by = yaml_get(y, "signed");
    int32_t day;

    *s = (struct step){ .from = PHASE_TRIAL,
                        .to = x->phase,
                        .kind = STR("file"),
                        .state = STR("done"),
                        .measured = STR("{}"),
                        .reason = STR("装入时已经签字") };
    if (x->phase == PHASE_TRIAL)
        return TB_OK;
    if (!by || by->kind != YAML_MAP)
        return yaml_fail(place_of(y, "phase"),
                         "试用以外的阶段要有签字（signed）：guardian、admin 和 on", e);
    if (signer(t, by, "guardian", &s->guardian_id, e) || signer(t, by, "admin", &s->admin_id, e))
        return e->code;
    if (s->guardian_id == s->admin_id)
        return yaml_fail(by, "签字的要是两个人", e);
    if (!day_parse(yaml_str(by, "on"), &day))
        return yaml_fail(place_of(by, "on"), "签字日期应写成 2026-11-21 的形式", e);
    s->guardian_at = s->admin_at = s->done_at = day * day_ms - zone_ms;
    return TB_OK;
}

static enum tb_code login_there(struct talk *t, struct str login, bool *yes, struct tb_err *e)
{
    int64_t n;

    if (login.n == 0)
        return TB_OK;
    if (db_ask_int(t->db, SQL("SELECT count(*) FROM staff WHERE login = :login"),
                   ARGS(db_text("login", login)), &n, NULL, e))
        return e->code;
    *yes &= n > 0;
    return TB_OK;
}

static enum tb_code department_there(struct talk *t, struct str id, bool *yes, struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db, SQL("SELECT count(*) FROM department WHERE id = :id"),
                   ARGS(db_text("id", id)), &n, NULL, e))
        return e->code;
    *yes &= n > 0;
    return TB_OK;
}

/* Does this city have every department and person that the file names? */
static enum tb_code belongs(struct talk *t, const struct yaml *y, const struct employee *x,
                            bool *yes, struct tb_err *e)
{
    const struct yaml *by = yaml_get(y, "signed");

    *yes = true;
    if (department_there(t, x->department, yes, e) || login_there(t, x->guardian.login, yes, e) ||
        login_there(t, x->deputy.login, yes, e) ||
        login_there(t, yaml_str(by, "guardian"), yes, e) ||
        login_there(t, yaml_str(by, "admin"), yes, e))
        return e->code;
    for (size_t i = 0; i < x->serves.n; i++)
        if (department_there(t, x->serves.v[i], yes, e))
            return e->code;
    return TB_OK;
}

static enum tb_code prompt_there(struct talk *t, const struct yaml *y, struct tb_err *e)
{
    struct str name = yaml_str(y, "prompt");
    struct str file = arena_printf(&t->mem, "prompts/%.*s.yaml", STR_FMT(name));

    return !str_has(name, STR("/")) && fs_exists(fs_join(&t->mem, t->at->share_dir, file.p))
               ? TB_OK
               : yaml_fail(yaml_get(y, "prompt"), "prompts 里没有这个提示词", e);
}

static enum tb_code make(struct talk *t, const struct yaml *y, struct employee *x, struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    struct step s;
    enum tb_code c;

    if (prompt_there(t, y, e) || read_signed(t, y, x, &s, e))
        return e->code;
    if (x->phase != PHASE_TRIAL)
        x->phase_since = s.done_at;
    c = employee_keep(t, x, STR("按文件建立"), 0, &why);
    if (c == TB_INVALID || c == TB_CONFLICT)
        return yaml_fail(y, why.say, e);
    if (c)
        return tb_fail_say(e, c, str_z(why.say), str_z(why.log));
    s.employee_id = x->id;
    if (x->phase != PHASE_TRIAL && step_add(t, &s, e))
        return e->code;
    return audit_witness(t, "employee.make", x->key,
                         arena_printf(&t->mem, "phase=%s", phase_name(x->phase)), e);
}

/* What a person changed on the page is not written over. */
static enum tb_code theirs(struct talk *t, int64_t id, bool *yes, struct tb_err *e)
{
    int64_t n;

    if (db_ask_int(t->db,
                   SQL("SELECT count(*) FROM employee_change WHERE employee_id = :id AND "
                       "staff_id IS NOT NULL"),
                   ARGS(db_int("id", id)), &n, NULL, e))
        return e->code;
    *yes = n > 0;
    return TB_OK;
}

static struct str form_of(struct arena *a, const struct employee *x)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    employee_form(&j, x);
    json_end(&j);
    return arena_buf(a, &b);
}

static enum tb_code renew(struct talk *t, const struct yaml *y, struct employee *x,
                          const struct employee *old, struct employee_files *out, struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    bool hands_off = false;

    if (theirs(t, old->id, &hands_off, e))
        return e->code;
    if (hands_off || str_eq(form_of(&t->mem, x), form_of(&t->mem, old))) {
        out->kept++;
        return TB_OK;
    }
    x->id = old->id;
    x->revision = old->revision;
    out->changed++;
    if (employee_keep(t, x, STR("文件有改动"), 0, &why) == TB_OK)
        return TB_OK;
    return why.code == TB_INVALID ? yaml_fail(y, why.say, e)
                                  : tb_fail_say(e, why.code, str_z(why.say), str_z(why.log));
}

static enum tb_code load_one(struct talk *t, const char *path, bool strict,
                             struct employee_files *out, struct tb_err *e)
{
    struct tb_err none = TB_ERR_INIT;
    struct employee x, old;
    struct yaml *y;
    enum tb_code c;
    bool ours;

    if (yaml_load(&t->mem, path, &y, e) || fields_known(&t->mem, y, e) || read_form(t, y, &x, e) ||
        belongs(t, y, &x, &ours, e))
        return e->code;
    if (!ours && !strict) {
        out->passed_over++;
        return TB_OK;
    }
    c = employee_read(t->db, &t->mem, t->world, x.key, &old, &none);
    if (c == TB_OK)
        return renew(t, y, &x, &old, out, e);
    if (c != TB_NOT_FOUND)
        return tb_fail_say(e, c, str_z(none.say), str_z(none.log));
    out->made++;
    return make(t, y, &x, e);
}

enum tb_code employee_files_load(struct talk *t, const char *dir, bool strict,
                                 struct employee_files *out, struct tb_err *e)
{
    char **names;
    size_t n;

    *out = (struct employee_files){ 0 };
    if (fs_list(&t->mem, dir, &names, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (str_ends(str_z(names[i]), STR(".yaml")) &&
            load_one(t, fs_join(&t->mem, dir, names[i]), strict, out, e))
            return e->code;
    return TB_OK;
}
