#include "guard/risk_answers.h"

#include "base/fs.h"
#include "base/utf8.h"
#include "base/yaml.h"

enum { FILE_MAX = 1 << 20, SAY_MAX = 120 };

static const char *const acts[] = { [RISK_REFUSE] = "refuse",
                                    [RISK_REPLY] = "reply",
                                    [RISK_HANDOFF] = "handoff",
                                    [RISK_HELP] = "help" };

const char *risk_act_name(enum risk_act a)
{
    return acts[a];
}

static enum tb_code fail(const struct yaml *at, const char *before, struct str word,
                         const char *after, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    enum tb_code c = yaml_fail(
        at, arena_printf(&a, "%s%.*s%s", before, (int)(word.n < 60 ? word.n : 60), word.p, after).p,
        e);

    arena_release(&a);
    return c;
}

static enum tb_code act_of(const struct yaml *row, enum risk_act *out, struct tb_err *e)
{
    struct str act = yaml_str(row, "act");

    for (int i = RISK_REFUSE; i <= RISK_HELP; i++)
        if (str_eqz(act, acts[i])) {
            *out = (enum risk_act)i;
            return TB_OK;
        }
    return fail(row, "act 要写 refuse、reply、handoff 或 help，这里是“", act, "”", e);
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '-')
            return false;
    return s.n >= 3 && s.n <= 13;
}

/* "12356 心理援助热线" */
static enum tb_code add_number(struct risk_answers *t, struct risk_answer *out,
                               const struct yaml *item, struct tb_err *e)
{
    struct str name = item->text, number;

    if (item->kind != YAML_SCALAR)
        return yaml_fail(item, "号码要写成 \"12356 心理援助热线\"", e);
    number = str_cut(&name, STR(" "));
    if (!is_number(number) || !str_trim(name).n)
        return fail(item, "号码要写成 \"12356 心理援助热线\"，这里是“", item->text, "”", e);
    if (out->number_n == RISK_NUMBERS)
        return yaml_fail(item, "最多写 4 个号码", e);
    out->numbers[out->number_n++] =
        (struct risk_number){ arena_str(&t->mem, number), arena_str(&t->mem, str_trim(name)) };
    return TB_OK;
}

static enum tb_code check(const struct yaml *row, const struct risk_answer *r, struct tb_err *e)
{
    if (!r->say.n)
        return yaml_fail(row, "要有 say：对来访者说的话", e);
    if (utf8_count(r->say) > SAY_MAX || utf8_count(r->care) > SAY_MAX)
        return yaml_fail(row, "say、care 请写在 120 字以内", e);
    if (r->act == RISK_HELP && !r->number_n)
        return yaml_fail(row, "act: help 要写 numbers，至少一个电话", e);
    return TB_OK;
}

static enum tb_code known_keys(const struct yaml *row, struct tb_err *e)
{
    static const char *const keys[] = { "kind", "act", "say", "care", "numbers" };

    if (row->kind != YAML_MAP)
        return yaml_fail(row, "每行要有 kind、act、say", e);
    for (size_t i = 0; i < row->n; i++) {
        size_t k = 0;

        while (k < sizeof(keys) / sizeof(keys[0]) && !str_eqz(row->keys[i], keys[k]))
            k++;
        if (k == sizeof(keys) / sizeof(keys[0]))
            return fail(row->items[i], "不认识的项 ", row->keys[i], "", e);
    }
    return TB_OK;
}

static enum tb_code add_row(struct risk_answers *t, const struct yaml *row, struct tb_err *e)
{
    const struct yaml *numbers = yaml_get(row, "numbers");
    struct risk_answer r = { .act = RISK_REFUSE };
    int kind = 0;

    if (known_keys(row, e))
        return e->code;
    if (!risk_kind_parse(yaml_str(row, "kind"), &kind))
        return fail(row, "kind 要写 GB/T 45654-2025 附录A的编号，如 A.1 f，这里是“",
                    yaml_str(row, "kind"), "”", e);
    if (t->rows[kind].act)
        return fail(row, "这一种写了两次：", yaml_str(row, "kind"), "", e);
    if (act_of(row, &r.act, e))
        return e->code;
    r.say = arena_str(&t->mem, str_trim(yaml_str(row, "say")));
    r.care = arena_str(&t->mem, str_trim(yaml_str(row, "care")));
    for (size_t i = 0; i < yaml_len(numbers); i++)
        if (add_number(t, &r, numbers->items[i], e))
            return e->code;
    if (check(row, &r, e))
        return e->code;
    t->rows[kind] = r;
    return TB_OK;
}

static enum tb_code all_there(const struct risk_answers *t, const struct yaml *root,
                              struct tb_err *e)
{
    for (int i = 0; i < RISK_KINDS_ALL; i++)
        if (!t->rows[i].act)
            return fail(root, "缺一行：", str_z(risk_kind_ref(i)), " 还没有写怎么回答", e);
    return TB_OK;
}

static enum tb_code read_rows(struct risk_answers *out, struct arena *a, struct str yaml,
                              const char *file, struct tb_err *e)
{
    struct yaml *root;
    const struct yaml *list;
    int64_t version = 0;

    if (yaml_read(a, yaml, file, &root, e))
        return e->code;
    list = yaml_get(root, "answers");
    if (!yaml_int(root, "version", &version) || version != 1)
        return yaml_fail(root, "开头要写 version: 1", e);
    if (!list || list->kind != YAML_LIST)
        return yaml_fail(root, "要有 answers 一列", e);
    for (size_t i = 0; i < list->n; i++)
        if (add_row(out, list->items[i], e))
            return e->code;
    return all_there(out, root, e);
}

enum tb_code risk_answers_read(struct risk_answers *out, struct str yaml, const char *file,
                               struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    enum tb_code c;

    *out = (struct risk_answers){ .mem = ARENA_INIT };
    c = read_rows(out, &a, yaml, file, e);
    arena_release(&a);
    return c;
}

enum tb_code risk_answers_load(struct risk_answers *out, const char *path, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str text;
    enum tb_code c = fs_read(&a, path, FILE_MAX, &text, e);

    *out = (struct risk_answers){ .mem = ARENA_INIT };
    if (!c)
        c = risk_answers_read(out, text, path, e);
    arena_release(&a);
    return c;
}

void risk_answers_release(struct risk_answers *a)
{
    arena_release(&a->mem);
}
