#include "knowledge/clean.h"

#include "base/json.h"
#include "base/utf8.h"
#include "knowledge/clean_int.h"

static const char *const kinds[] = { "",        "title",   "front",     "heading",
                                     "chapter", "article", "paragraph", "item",
                                     "header",  "row",     "annex",     "sign" };

static enum tb_code nonsense(struct tb_err *e, const char *what, size_t i)
{
    return tb_fail(e, TB_INVALID, "文件解析结果不完整，文件可能已损坏", "extraction: %s at %zu",
                   what, i);
}

static enum clean_kind kind_of(struct str name)
{
    for (size_t i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (str_eqz(name, kinds[i]))
            return (enum clean_kind)i;
    return 0;
}

static bool between_characters(struct str s, size_t at)
{
    return at == s.n || ((unsigned char)s.p[at] & 0xc0) != 0x80;
}

static enum tb_code part_read(const struct policy_text *p, const struct json_value *v, size_t i,
                              size_t least, struct clean_part *k, struct tb_err *e)
{
    int64_t begin = json_get_int(v, "begin", -1), end = json_get_int(v, "end", -1);

    k->kind = kind_of(json_get_str(v, "kind"));
    k->label = json_get_str(v, "label");
    k->level = (int)json_get_int(v, "level", 0);
    k->table = (int)json_get_int(v, "table", 0);
    k->row = (int)json_get_int(v, "row", 0);
    if (!k->kind || k->level < 0 || k->level > 9 || k->label.n > 64 || k->table < 0 || k->row < 0)
        return nonsense(e, "part", i);
    if (begin < (int64_t)least || end < begin || end > (int64_t)p->plain.n ||
        !between_characters(p->plain, (size_t)begin) || !between_characters(p->plain, (size_t)end))
        return nonsense(e, "offsets", i);
    k->begin = (size_t)begin;
    k->end = (size_t)end;
    return TB_OK;
}

static enum tb_code parts_read(struct arena *a, const struct json_value *list,
                               struct policy_text *p, struct tb_err *e)
{
    struct json_walk walk = json_walk(list);
    const struct json_value *v;
    size_t at = 0;

    p->parts = ARENA_ARRAY(a, struct clean_part, json_len(list) + 1);
    while ((v = json_step(&walk)) != NULL) {
        if (part_read(p, v, p->part_n, at, &p->parts[p->part_n], e))
            return e->code;
        at = p->parts[p->part_n++].end;
    }
    return p->part_n ? TB_OK : nonsense(e, "no parts", 0);
}

static void facts_read(struct arena *a, const struct json_value *list, struct policy_text *p)
{
    p->facts = ARENA_ARRAY(a, struct clean_fact, json_len(list) + 1);
    for (size_t i = 0; i < json_len(list); i++) {
        p->facts[p->fact_n].name = json_get_str(json_at(list, i), "name");
        p->facts[p->fact_n++].value = json_get_str(json_at(list, i), "value");
    }
}

enum tb_code clean_read(struct arena *a, struct str json, struct policy_text *out, struct tb_err *e)
{
    const struct json_value *v;

    *out = (struct policy_text){ 0 };
    if (json_read(a, json, &v, e))
        return nonsense(e, "json", 0);
    if (json_get_int(v, "format", 0) != 1)
        return nonsense(e, "format", 0);
    out->kind = json_get_str(v, "kind");
    out->title = json_get_str(v, "title");
    out->plain = json_get_str(v, "plain");
    facts_read(a, json_get(v, "facts"), out);
    if (parts_read(a, json_get(v, "parts"), out, e))
        return e->code;
    clean_cut(a, out);
    return TB_OK;
}

struct str clean_part_text(const struct policy_text *p, size_t i)
{
    return str_sub(p->plain, p->parts[i].begin, p->parts[i].end - p->parts[i].begin);
}

struct str clean_fact(const struct policy_text *p, const char *name)
{
    for (size_t i = 0; i < p->fact_n; i++)
        if (str_eqz(p->facts[i].name, name))
            return p->facts[i].value;
    return STR("");
}
