#include "scenario/console/manual.h"

#include <string.h>

static void text(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '<':
            buf_addz(b, "&lt;");
            break;
        case '>':
            buf_addz(b, "&gt;");
            break;
        case '&':
            buf_addz(b, "&amp;");
            break;
        case '"':
            buf_addz(b, "&quot;");
            break;
        default:
            buf_addc(b, s.p[i]);
        }
    }
}

static void element(struct buf *b, const char *tag, struct str s)
{
    if (s.n == 0)
        return;
    buf_addf(b, "<%s>", tag);
    text(b, s);
    buf_addf(b, "</%s>", tag);
}

/* "#/components/schemas/Clause" to Clause. */
static struct str last_part(struct str ref)
{
    size_t i = ref.n;

    while (i > 0 && ref.p[i - 1] != '/')
        i--;
    return str_from(ref, i);
}

static const struct yaml *follow(const struct yaml *api, const struct yaml *node)
{
    struct str rest = yaml_str(node, "$ref");

    if (rest.n < 3)
        return node;
    node = api;
    rest = str_from(rest, 2);
    while (rest.p && node) {
        struct str part = str_cut(&rest, STR("/"));
        const struct yaml *next = NULL;

        for (size_t i = 0; node->kind == YAML_MAP && i < node->n; i++)
            if (str_eq(node->keys[i], part))
                next = node->items[i];
        node = next;
    }
    return node;
}

static void link_to(struct buf *b, struct str name)
{
    buf_addz(b, "<a href=\"#");
    text(b, name);
    buf_addz(b, "\">");
    text(b, name);
    buf_addz(b, "</a>");
}

static void type(struct buf *b, const struct yaml *s);

static void joined(struct buf *b, const struct yaml *list, const char *between)
{
    for (size_t i = 0; i < yaml_len(list); i++) {
        if (i)
            buf_addz(b, between);
        if (list->items[i]->kind == YAML_SCALAR)
            text(b, list->items[i]->text);
        else
            type(b, list->items[i]);
    }
}

/* What a schema allows, in a few words. */
static void type(struct buf *b, const struct yaml *s)
{
    const struct yaml *t = yaml_get(s, "type"), *one = yaml_get(s, "oneOf");

    if (yaml_str(s, "$ref").n) {
        link_to(b, last_part(yaml_str(s, "$ref")));
    } else if (yaml_get(s, "enum")) {
        joined(b, yaml_get(s, "enum"), " | ");
    } else if (yaml_get(s, "const")) {
        text(b, yaml_str(s, "const"));
    } else if (one || yaml_get(s, "allOf")) {
        joined(b, one ? one : yaml_get(s, "allOf"), one ? " | " : " + ");
    } else if (str_eqz(yaml_str(s, "type"), "array")) {
        buf_addz(b, "[ ");
        type(b, yaml_get(s, "items"));
        buf_addz(b, " … ]");
    } else if (t && t->kind == YAML_LIST) {
        joined(b, t, " | ");
    } else {
        text(b, yaml_str(s, "type"));
    }
}

static bool listed(const struct yaml *list, struct str name)
{
    for (size_t i = 0; i < yaml_len(list); i++)
        if (str_eq(list->items[i]->text, name))
            return true;
    return false;
}

static const struct yaml *inner(const struct yaml *s)
{
    return str_eqz(yaml_str(s, "type"), "array") ? yaml_get(s, "items") : s;
}

static void properties(struct buf *b, const struct yaml *s, int depth)
{
    const struct yaml *p = yaml_get(s, "properties"), *parts = yaml_get(s, "allOf");

    for (size_t i = 0; i < yaml_len(parts); i++)
        properties(b, parts->items[i], depth);
    if (!p || depth > 6)
        return;
    buf_addz(b, "<dl>");
    for (size_t i = 0; i < p->n; i++) {
        buf_addz(b, "<dt><code>");
        text(b, p->keys[i]);
        buf_addz(b, listed(yaml_get(s, "required"), p->keys[i]) ? "</code>" : "</code>?");
        buf_addz(b, "</dt><dd>");
        type(b, p->items[i]);
        if (yaml_str(p->items[i], "description").n) {
            buf_addz(b, " — ");
            text(b, yaml_str(p->items[i], "description"));
        }
        properties(b, inner(p->items[i]), depth + 1);
        buf_addz(b, "</dd>");
    }
    buf_addz(b, "</dl>");
}

static void parameters(struct buf *b, const struct yaml *api, const struct yaml *op)
{
    const struct yaml *list = yaml_get(op, "parameters");

    if (!yaml_len(list))
        return;
    buf_addz(b, "<h4>参数</h4><dl>");
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *p = follow(api, list->items[i]);

        buf_addz(b, "<dt><code>");
        text(b, yaml_str(p, "name"));
        buf_addz(b, "</code> ");
        text(b, yaml_str(p, "in"));
        buf_addz(b, "</dt><dd>");
        type(b, yaml_get(p, "schema"));
        element(b, "p", yaml_str(p, "description"));
        buf_addz(b, "</dd>");
    }
    buf_addz(b, "</dl>");
}

static void contents(struct buf *b, const struct yaml *content)
{
    for (size_t i = 0; content && i < content->n; i++) {
        buf_addz(b, "<p><code>");
        text(b, content->keys[i]);
        buf_addz(b, "</code> ");
        type(b, yaml_get(content->items[i], "schema"));
        buf_addz(b, "</p>");
    }
}

static void responses(struct buf *b, const struct yaml *api, const struct yaml *op)
{
    const struct yaml *list = yaml_get(op, "responses");

    buf_addz(b, "<h4>返回</h4><dl>");
    for (size_t i = 0; list && i < list->n; i++) {
        const struct yaml *r = follow(api, list->items[i]);

        element(b, "dt", list->keys[i]);
        buf_addz(b, "<dd>");
        text(b, yaml_str(r, "description"));
        contents(b, yaml_get(r, "content"));
        buf_addz(b, "</dd>");
    }
    buf_addz(b, "</dl>");
}

static void operation(struct buf *b, const struct yaml *api, struct str path, struct str method,
                      const struct yaml *op)
{
    buf_addz(b, "<details><summary><b class=\"");
    text(b, method);
    buf_addz(b, "\">");
    text(b, method);
    buf_addz(b, "</b> <code>");
    text(b, path);
    buf_addz(b, "</code> ");
    text(b, yaml_str(op, "summary"));
    buf_addz(b, "</summary>");
    element(b, "p", yaml_str(op, "description"));
    parameters(b, api, op);
    if (yaml_get(op, "requestBody")) {
        buf_addz(b, "<h4>请求</h4>");
        contents(b, yaml_get(yaml_get(op, "requestBody"), "content"));
    }
    responses(b, api, op);
    buf_addz(b, "</details>");
}

static void operations_of(struct buf *b, const struct yaml *api, struct str tag)
{
    const struct yaml *paths = yaml_get(api, "paths");

    for (size_t i = 0; paths && i < paths->n; i++)
        for (size_t k = 0; k < paths->items[i]->n; k++)
            if (listed(yaml_get(paths->items[i]->items[k], "tags"), tag))
                operation(b, api, paths->keys[i], paths->items[i]->keys[k],
                          paths->items[i]->items[k]);
}

static void schemas(struct buf *b, const struct yaml *api)
{
    const struct yaml *list = yaml_get(yaml_get(api, "components"), "schemas");

    buf_addz(b, "<h2>数据结构</h2>");
    for (size_t i = 0; list && i < list->n; i++) {
        buf_addz(b, "<section id=\"");
        text(b, list->keys[i]);
        buf_addz(b, "\">");
        element(b, "h3", list->keys[i]);
        buf_addz(b, "<p>");
        type(b, list->items[i]);
        buf_addz(b, "</p>");
        properties(b, list->items[i], 0);
        buf_addz(b, "</section>");
    }
}

void manual_page(struct buf *out, const struct yaml *api)
{
    const struct yaml *info = yaml_get(api, "info"), *tags = yaml_get(api, "tags");

    buf_addz(out, "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                  "<link rel=\"stylesheet\" href=\"/api/docs/style.css\"><title>接口说明</title>"
                  "</head><body><main>");
    element(out, "h1", yaml_str(info, "title"));
    element(out, "p", yaml_str(info, "summary"));
    element(out, "p", yaml_str(info, "description"));
    buf_addz(out, "<p><a href=\"/api/openapi.yaml\">openapi.yaml</a></p>");
    for (size_t i = 0; tags && i < tags->n; i++) {
        buf_addz(out, "<h2>");
        text(out, yaml_str(tags->items[i], "description"));
        buf_addz(out, "</h2>");
        operations_of(out, api, yaml_str(tags->items[i], "name"));
    }
    schemas(out, api);
    buf_addz(out, "</main></body></html>\n");
}
