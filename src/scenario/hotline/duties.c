#include "scenario/hotline/duties.h"

#include "base/fs.h"
#include "base/yaml.h"

enum { FILE_BYTES = 4 << 20 };

struct reading {
    struct arena *a;
    struct duty_department *departments;
    struct duty *v;
    struct duty_common *common;
    size_t department_n, department_cap, n, cap, common_n, common_cap;
};

static enum tb_code only(const struct yaml *map, const char *const *fields, size_t n,
                         struct tb_err *e)
{
    for (size_t i = 0; i < map->n; i++) {
        size_t k = 0;

        while (k < n && !str_eqz(map->keys[i], fields[k]))
            k++;
        if (k == n)
            return yaml_fail(map->items[i], "不认识的字段", e);
    }
    return TB_OK;
}

static enum tb_code add_duty(struct reading *r, const struct yaml *row, struct tb_err *e)
{
    static const char *const fields[] = { "does", "words" };
    struct duty d = { .department = (uint32_t)r->department_n - 1 };

    if (row->kind != YAML_MAP)
        return yaml_fail(row, "每条职责写成 {does: 职责, words: 词、词}", e);
    if (only(row, fields, 2, e))
        return e->code;
    d.does = yaml_str(row, "does");
    d.words = yaml_str(row, "words");
    d.line = row->line;
    if (!d.does.n)
        return yaml_fail(row, "职责要有 does（管什么）", e);
    r->v = arena_grow(r->a, r->v, r->n, &r->cap, sizeof(*r->v));
    r->v[r->n++] = d;
    return TB_OK;
}

static enum tb_code add_department(struct reading *r, const struct yaml *row, struct tb_err *e)
{
    static const char *const fields[] = { "id", "name", "short", "duties" };
    const struct yaml *list = yaml_get(row, "duties");
    struct duty_department d = { yaml_str(row, "id"), yaml_str(row, "name"), yaml_str(row, "short"),
                                 row->line };

    if (row->kind != YAML_MAP || !d.id.n || !d.name.n)
        return yaml_fail(row, "每个部门要有 id 和 name", e);
    if (only(row, fields, 4, e))
        return e->code;
    for (size_t i = 0; i < r->department_n; i++)
        if (str_eq(r->departments[i].id, d.id))
            return yaml_fail(row, "部门写了两次", e);
    if (!list || list->kind != YAML_LIST || !list->n)
        return yaml_fail(row, "每个部门至少要有一条职责（duties）", e);
    r->departments = arena_grow(r->a, r->departments, r->department_n, &r->department_cap,
                                sizeof(*r->departments));
    r->departments[r->department_n++] = d;
    for (size_t i = 0; i < list->n; i++)
        if (add_duty(r, list->items[i], e))
            return e->code;
    return TB_OK;
}

static enum tb_code add_common(struct reading *r, const struct yaml *common, struct tb_err *e)
{
    if (!common)
        return TB_OK;
    if (common->kind != YAML_MAP)
        return yaml_fail(common, "common 要逐行写“部门名称里的字: 词、词”", e);
    for (size_t i = 0; i < common->n; i++) {
        const struct yaml *words = common->items[i];

        if (words->kind != YAML_SCALAR || !words->text.n)
            return yaml_fail(words, "这里只能是一行词，用顿号隔开", e);
        r->common = arena_grow(r->a, r->common, r->common_n, &r->common_cap, sizeof(*r->common));
        r->common[r->common_n++] =
            (struct duty_common){ common->keys[i], words->text, words->line };
    }
    return TB_OK;
}

enum tb_code duties_read(struct arena *a, struct str yaml, const char *file, struct duties *out,
                         struct tb_err *e)
{
    static const char *const fields[] = { "common", "departments" };
    struct reading r = { .a = a };
    const struct yaml *list;
    struct yaml *top;

    if (yaml_read(a, yaml, file, &top, e))
        return e->code;
    list = yaml_get(top, "departments");
    if (!list || list->kind != YAML_LIST || !list->n)
        return yaml_fail(top, "要有 departments，逐个写部门和职责", e);
    if (only(top, fields, 2, e) || add_common(&r, yaml_get(top, "common"), e))
        return e->code;
    for (size_t i = 0; i < list->n; i++)
        if (add_department(&r, list->items[i], e))
            return e->code;
    *out = (struct duties){ r.departments, r.department_n, r.v, r.n, r.common, r.common_n };
    return TB_OK;
}

enum tb_code duties_load(struct arena *a, const char *path, struct duties *out, struct tb_err *e)
{
    struct str bytes;

    if (fs_read(a, path, FILE_BYTES, &bytes, e))
        return e->code;
    return duties_read(a, bytes, path, out, e);
}

size_t duties_find(const struct duties *d, struct str id)
{
    for (size_t i = 0; i < d->department_n; i++)
        if (str_eq(d->departments[i].id, id))
            return i;
    return SIZE_MAX;
}

bool duties_common_fits(const struct duty_common *c, struct str department)
{
    struct str rest = c->names;

    while (rest.p) {
        struct str part = str_trim(str_cut(&rest, STR("、")));

        if (part.n && str_has(department, part))
            return true;
    }
    return false;
}
