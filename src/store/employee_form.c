/* The editable part of an employee as JSON: one reader for the page's form and for the files. */
#include "base/utf8.h"
#include "store/employee.h"

#include <stdio.h>
#include <string.h>

enum { NAME_CHARS = 20, ABOUT_CHARS = 200, LIST_MAX = 40, DAY_MINUTES = 24 * 60 };

static void words_json(struct json *j, const char *key, const struct words *w)
{
    json_karr(j, key);
    for (size_t i = 0; i < w->n; i++)
        json_str(j, w->v[i]);
    json_end(j);
}

static void clock_json(struct json *j, const char *key, int minutes)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%02d:%02d", minutes / 60, minutes % 60);
    json_kstr(j, key, str_z(text));
}

static void hours_json(struct json *j, const struct employee *x)
{
    json_karr(j, "hours");
    for (size_t i = 0; i < x->hour_n; i++) {
        json_obj(j);
        json_karr(j, "days");
        for (int d = 0; d < 7; d++)
            if (x->hours[i].days >> d & 1)
                json_int(j, d + 1);
        json_end(j);
        clock_json(j, "from", x->hours[i].from);
        clock_json(j, "to", x->hours[i].to);
        json_end(j);
    }
    json_end(j);
}

void employee_form(struct json *j, const struct employee *x)
{
    json_kstr(j, "name", x->name);
    json_kstr(j, "about", x->about);
    json_kstr(j, "category", x->category);
    json_kstr(j, "department", x->department);
    words_json(j, "scenarios", &x->scenarios);
    words_json(j, "serves", &x->serves);
    words_json(j, "knowledge", &x->knowledge);
    words_json(j, "checks", &x->checks);
    json_kstr(j, "guardian", x->guardian.login);
    json_kstr(j, "deputy", x->deputy.login);
    json_kstr(j, "sensitivity", str_z(sensitivity_name(x->sensitivity)));
    json_kstr(j, "priority", str_z(priority_name(x->priority)));
    json_kstr(j, "personal", str_z(personal_name(x->personal)));
    json_kstr(j, "personal_reason", x->personal_reason);
    json_kstr(j, "prompt", x->prompt);
    hours_json(j, x);
}

/* One form being read: the first field that is wrong ends it. */
struct form {
    struct arena *a;
    const struct json_value *v;
    struct employee *x;
    const char **field;
    struct tb_err *e;
};

static enum tb_code wrong(struct form *f, const char *field, const char *say)
{
    *f->field = field;
    return tb_fail(f->e, TB_INVALID, say, "employee field=%s", field);
}

static enum tb_code take_text(struct form *f, const char *key, size_t least, size_t most,
                              struct str *out, const char *say)
{
    const struct json_value *v = json_get(f->v, key);
    struct str s = str_trim(json_text(v));

    if (!v)
        return TB_OK;
    if (!json_is_str(v) || utf8_count(s) < least || utf8_count(s) > most)
        return wrong(f, key, say);
    *out = arena_str(f->a, s);
    return TB_OK;
}

static bool knowledge_known(struct str s)
{
    return str_eqz(s, "public") || str_eqz(s, "internal");
}

static bool any_name(struct str s)
{
    return s.n > 0;
}

static enum tb_code take_words(struct form *f, const char *key, size_t least,
                               bool (*known)(struct str), struct words *out, const char *say)
{
    const struct json_value *v = json_get(f->v, key);

    if (!v)
        return TB_OK;
    if (!json_is_arr(v) || json_len(v) < least || json_len(v) > LIST_MAX)
        return wrong(f, key, say);
    out->n = json_len(v);
    out->v = ARENA_ARRAY(f->a, struct str, out->n + 1);
    for (size_t i = 0; i < out->n; i++) {
        out->v[i] = arena_str(f->a, json_text(json_at(v, i)));
        if (!known(out->v[i]))
            return wrong(f, key, say);
    }
    return TB_OK;
}

/* "09:00"; "24:00" is the end of the day. -1: no time. */
static int minutes_of(struct str s)
{
    int h, m;

    if (s.n != 5 || s.p[2] != ':')
        return -1;
    for (int i = 0; i < 5; i++)
        if (i != 2 && (s.p[i] < '0' || s.p[i] > '9'))
            return -1;
    h = (s.p[0] - '0') * 10 + s.p[1] - '0';
    m = (s.p[3] - '0') * 10 + s.p[4] - '0';
    return m > 59 || h * 60 + m > DAY_MINUTES ? -1 : h * 60 + m;
}

static bool one_hours(const struct json_value *v, struct duty_hours *out)
{
    const struct json_value *days = json_get(v, "days");

    *out = (struct duty_hours){ .from = minutes_of(json_get_str(v, "from")),
                                .to = minutes_of(json_get_str(v, "to")) };
    for (size_t i = 0; i < json_len(days); i++) {
        int64_t d = json_i64(json_at(days, i), 0);

        if (d < 1 || d > 7)
            return false;
        out->days |= 1U << (d - 1);
    }
    return out->days && out->from >= 0 && out->to > out->from;
}

static enum tb_code take_hours(struct form *f)
{
    const struct json_value *v = json_get(f->v, "hours");

    if (!v)
        return TB_OK;
    if (!json_is_arr(v) || json_len(v) > EMPLOYEE_HOURS)
        return wrong(f, "hours", "服务时间最多写 8 段");
    f->x->hour_n = json_len(v);
    for (size_t i = 0; i < f->x->hour_n; i++)
        if (!one_hours(json_at(v, i), &f->x->hours[i]))
            return wrong(f, "hours",
                         "服务时间要写 days（1 到 7，周一是 1）、from 和 to（如 09:00，不跨零点）");
    return TB_OK;
}

static enum tb_code take_levels(struct form *f)
{
    const struct json_value *v = f->v;
    struct employee *x = f->x;

    if (json_get(v, "category") && !category_title(json_get_str(v, "category")))
        return wrong(f, "category", "没有这个类别（category）");
    if (json_get(v, "sensitivity") &&
        !sensitivity_parse(json_get_str(v, "sensitivity"), &x->sensitivity))
        return wrong(f, "sensitivity", "敏感程度（sensitivity）应为 low、medium 或 high");
    if (json_get(v, "priority") && !priority_parse(json_get_str(v, "priority"), &x->priority))
        return wrong(f, "priority", "优先级（priority）应为 hotline、window、staff 或 batch");
    return take_text(f, "category", 1, NAME_CHARS, &x->category, "没有这个类别（category）");
}

static enum tb_code take_personal(struct form *f)
{
    struct employee *x = f->x;
    const char *say;

    if (json_get(f->v, "personal") && !personal_parse(json_get_str(f->v, "personal"), &x->personal))
        return wrong(f, "personal",
                     "个人信息（personal）应为 mask（脱敏）、refuse（不收）或 allow（放行）");
    if (json_get(f->v, "personal") && !json_get(f->v, "personal_reason"))
        x->personal_reason = STR(""); /* of another way */
    if (take_text(f, "personal_reason", 0, PERSONAL_REASON_CHARS, &x->personal_reason,
                  "理由（personal_reason）不超过 100 个字"))
        return f->e->code;
    say = personal_wrong(x->personal, x->personal_reason);
    return say ? wrong(f, "personal", say) : TB_OK;
}

enum tb_code employee_from_form(struct arena *a, const struct json_value *v, struct employee *x,
                                const char **field, struct tb_err *e)
{
    struct form f = { a, v, x, field, e };

    *field = "";
    if (take_text(&f, "name", 2, NAME_CHARS, &x->name, "名称应为 2 到 20 个字") ||
        take_text(&f, "about", 0, ABOUT_CHARS, &x->about, "说明不超过 200 个字") ||
        take_text(&f, "department", 1, 64, &x->department, "请写部门（department）") ||
        take_text(&f, "guardian", 0, 32, &x->guardian.login, "监护人写登录名") ||
        take_text(&f, "deputy", 0, 32, &x->deputy.login, "代理监护人写登录名") ||
        take_text(&f, "prompt", 1, 40, &x->prompt, "请写提示词的名字（prompt）") ||
        take_words(&f, "scenarios", 1, employee_scenario_known, &x->scenarios,
                   "场景（scenarios）里有不认识的名字") ||
        take_words(&f, "serves", 0, any_name, &x->serves, "负责的部门（serves）应为部门的列表") ||
        take_words(&f, "knowledge", 1, knowledge_known, &x->knowledge,
                   "知识库（knowledge）应为 public、internal 的列表") ||
        take_words(&f, "checks", 0, employee_check_known, &x->checks,
                   "核对（checks）里有不认识的名字") ||
        take_levels(&f) || take_personal(&f) || take_hours(&f))
        return e->code;
    return TB_OK;
}
