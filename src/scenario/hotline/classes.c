#include "scenario/hotline/classes.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/yaml.h"

enum { FILE_BYTES = 4 << 20, NAMES = 512 };

struct gathering {
    struct arena *a;
    struct topic *v;
    size_t n, cap;
};

static void add(struct gathering *g, struct topic t)
{
    g->v = arena_grow(g->a, g->v, g->n, &g->cap, sizeof(*g->v));
    g->v[g->n++] = t;
}

static enum tb_code finish(struct gathering *g, struct classes *out, struct tb_err *e)
{
    struct str *names = ARENA_ARRAY(g->a, struct str, NAMES);
    size_t n = 0, k;

    for (size_t i = 0; i < g->n; i++) {
        for (k = 0; k < n && !str_eq(names[k], g->v[i].l1); k++)
            ;
        if (k == NAMES)
            return tb_fail(e, TB_INVALID, "分类表的一级类别太多", "classes > %d", NAMES);
        if (k == n)
            names[n++] = g->v[i].l1;
    }
    if (!n)
        return tb_fail(e, TB_INVALID, "分类表是空的", "no classes");
    *out = (struct classes){ g->v, g->n, names, n };
    return TB_OK;
}

static enum tb_code add_group(struct gathering *g, struct str l1, struct str l2,
                              const struct yaml *topics, struct tb_err *e)
{
    if (topics->kind != YAML_MAP || !topics->n)
        return yaml_fail(topics, "这一组下面要逐行写“小类: 词、词”", e);
    for (size_t i = 0; i < topics->n; i++) {
        const struct yaml *words = topics->items[i];

        if (words->kind != YAML_SCALAR || !str_trim(topics->keys[i]).n)
            return yaml_fail(words, "小类后面只能是一行词，用顿号隔开", e);
        add(g, (struct topic){ l1, l2, topics->keys[i], words->text, words->line });
    }
    return TB_OK;
}

enum tb_code classes_read(struct arena *a, struct str yaml, const char *file, struct classes *out,
                          struct tb_err *e)
{
    struct gathering g = { .a = a };
    const struct yaml *list;
    struct yaml *top;

    if (yaml_read(a, yaml, file, &top, e))
        return e->code;
    list = yaml_get(top, "classes");
    if (!list || list->kind != YAML_MAP)
        return yaml_fail(top, "要有 classes，下面是一级类别", e);
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *groups = list->items[i];

        if (groups->kind != YAML_MAP || !groups->n)
            return yaml_fail(groups, "一级类别下面要有二级", e);
        for (size_t k = 0; k < groups->n; k++)
            if (add_group(&g, list->keys[i], groups->keys[k], groups->items[k], e))
                return e->code;
    }
    return finish(&g, out, e);
}

enum tb_code classes_load(struct arena *a, const char *path, struct classes *out, struct tb_err *e)
{
    struct str bytes;

    if (fs_read(a, path, FILE_BYTES, &bytes, e))
        return e->code;
    return classes_read(a, bytes, path, out, e);
}

enum tb_code classes_read_lines(struct arena *a, struct str lines, struct classes *out,
                                struct tb_err *e)
{
    struct gathering g = { .a = a };
    int at = 0;

    while (lines.p) {
        struct str line = str_trim(str_cut(&lines, STR("\n")));
        const struct json_value *row;
        struct topic t = { .line = ++at };

        if (!line.n)
            continue;
        if (json_read(a, line, &row, e))
            return e->code;
        t.l1 = json_get_str(row, "l1");
        t.l2 = json_get_str(row, "l2");
        t.l3 = json_get_str(row, "l3");
        if (!t.l1.n) {
            struct str say = arena_printf(a, "分类表第 %d 行没有 l1", at);

            return tb_fail_say(e, TB_INVALID, say, say);
        }
        add(&g, t);
    }
    return finish(&g, out, e);
}
