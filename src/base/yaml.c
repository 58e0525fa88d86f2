#include "base/yaml.h"

#include "base/fs.h"
#include "base/utf8.h"

#include <yaml.h>

enum { MAX_FILE = 16 * 1024 * 1024, MAX_DEPTH = 32, MAX_NODES = 500000 };

struct reader {
    struct arena *a;
    yaml_parser_t parser;
    const char *file;
    size_t nodes;
};

static enum tb_code complain(const char *file, size_t line, const char *what, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str say = arena_printf(&a, "%s 第 %zu 行：%s", file, line, what);
    enum tb_code c = tb_fail_say(e, TB_INVALID, say, say);

    arena_release(&a);
    return c;
}

enum tb_code yaml_fail(const struct yaml *at, const char *what, struct tb_err *e)
{
    return complain(at->file, (size_t)at->line, what, e);
}

static enum tb_code next(struct reader *r, yaml_event_t *ev, struct tb_err *e)
{
    if (yaml_parser_parse(&r->parser, ev))
        return TB_OK;
    return complain(r->file, r->parser.problem_mark.line + 1,
                    r->parser.problem ? r->parser.problem : "YAML 写法有误", e);
}

static enum tb_code node_from(struct reader *r, yaml_event_t *ev, int depth, struct yaml **out,
                              struct tb_err *e);

static enum tb_code scalar_from(struct reader *r, const yaml_event_t *ev, struct yaml *y,
                                struct tb_err *e)
{
    struct str s = str_of((const char *)ev->data.scalar.value, ev->data.scalar.length);

    if (!utf8_valid(s))
        return complain(r->file, (size_t)y->line, "文字不是 UTF-8", e);
    y->kind = YAML_SCALAR;
    y->text = arena_str(r->a, s);
    y->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return TB_OK;
}

static void push(struct reader *r, struct yaml *y, size_t *cap, struct str key, struct yaml *item)
{
    size_t cap_keys = *cap;

    y->items = arena_grow(r->a, y->items, y->n, cap, sizeof(*y->items));
    if (y->kind == YAML_MAP) {
        y->keys = arena_grow(r->a, y->keys, y->n, &cap_keys, sizeof(*y->keys));
        y->keys[y->n] = key;
    }
    y->items[y->n++] = item;
}

static enum tb_code list_from(struct reader *r, int depth, struct yaml *y, struct tb_err *e)
{
    size_t cap = 0;

    y->kind = YAML_LIST;
    for (;;) {
        yaml_event_t ev;
        struct yaml *item;

        if (next(r, &ev, e))
            return e->code;
        if (ev.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&ev);
            return TB_OK;
        }
        if (node_from(r, &ev, depth + 1, &item, e))
            return e->code;
        push(r, y, &cap, STR(""), item);
    }
}

static enum tb_code map_from(struct reader *r, int depth, struct yaml *y, struct tb_err *e)
{
    size_t cap = 0;

    y->kind = YAML_MAP;
    for (;;) {
        yaml_event_t ev;
        struct yaml *key, *item;

        if (next(r, &ev, e))
            return e->code;
        if (ev.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&ev);
            return TB_OK;
        }
        if (node_from(r, &ev, depth + 1, &key, e))
            return e->code;
        if (key->kind != YAML_SCALAR)
            return complain(r->file, (size_t)key->line, "键必须是文字", e);
        for (size_t i = 0; i < y->n; i++)
            if (str_eq(y->keys[i], key->text))
                return complain(r->file, (size_t)key->line, "同一个键写了两次", e);
        if (next(r, &ev, e) || node_from(r, &ev, depth + 1, &item, e))
            return e->code;
        push(r, y, &cap, key->text, item);
    }
}

/* Takes ownership of ev. */
static enum tb_code node_from(struct reader *r, yaml_event_t *ev, int depth, struct yaml **out,
                              struct tb_err *e)
{
    struct yaml *y = ARENA_NEW(r->a, struct yaml);
    yaml_event_type_t type = ev->type;
    enum tb_code c = TB_OK;

    y->line = (int)ev->start_mark.line + 1;
    y->file = r->file;
    *out = y;
    if (type == YAML_SCALAR_EVENT)
        c = scalar_from(r, ev, y, e);
    yaml_event_delete(ev);
    if (c)
        return c;
    if (depth > MAX_DEPTH || ++r->nodes > MAX_NODES)
        return complain(r->file, (size_t)y->line, "内容太多或嵌套太深", e);
    if (type == YAML_SEQUENCE_START_EVENT)
        return list_from(r, depth, y, e);
    if (type == YAML_MAPPING_START_EVENT)
        return map_from(r, depth, y, e);
    if (type != YAML_SCALAR_EVENT)
        return complain(r->file, (size_t)y->line, "不支持引用（*）写法", e);
    return TB_OK;
}

static enum tb_code skip_to_root(struct reader *r, yaml_event_t *ev, struct tb_err *e)
{
    for (;;) {
        if (next(r, ev, e))
            return e->code;
        if (ev->type == YAML_STREAM_END_EVENT) {
            yaml_event_delete(ev);
            return complain(r->file, 1, "文件是空的", e);
        }
        if (ev->type != YAML_STREAM_START_EVENT && ev->type != YAML_DOCUMENT_START_EVENT)
            return TB_OK;
        yaml_event_delete(ev);
    }
}

enum tb_code yaml_read(struct arena *a, struct str text, const char *file, struct yaml **out,
                       struct tb_err *e)
{
    struct reader r = { .a = a, .file = arena_z(a, str_z(file)) };
    yaml_event_t ev;
    enum tb_code c;

    yaml_parser_initialize(&r.parser);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    c = skip_to_root(&r, &ev, e);
    if (!c)
        c = node_from(&r, &ev, 0, out, e);
    yaml_parser_delete(&r.parser);
    return c;
}

enum tb_code yaml_load(struct arena *a, const char *path, struct yaml **out, struct tb_err *e)
{
    struct str text;

    if (fs_read(a, path, MAX_FILE, &text, e))
        return e->code;
    return yaml_read(a, text, path, out, e);
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (str_eqz(map->keys[i], key))
            return map->items[i];
    return NULL;
}

struct str yaml_str(const struct yaml *map, const char *key)
{
    const struct yaml *y = yaml_get(map, key);

    return y && y->kind == YAML_SCALAR ? y->text : STR("");
}

bool yaml_int(const struct yaml *map, const char *key, int64_t *out)
{
    return str_i64(yaml_str(map, key), out);
}

bool yaml_bool(const struct yaml *map, const char *key, bool otherwise)
{
    struct str s = yaml_str(map, key);

    if (str_eqz(s, "true") || str_eqz(s, "yes") || str_eqz(s, "on"))
        return true;
    if (str_eqz(s, "false") || str_eqz(s, "no") || str_eqz(s, "off"))
        return false;
    return otherwise;
}

size_t yaml_len(const struct yaml *node)
{
    return node && node->kind != YAML_SCALAR ? node->n : 0;
}
