#include "model/catalogue_int.h"

enum { LONGEST_S = 86400 };

/* By default a telephone call waits half a minute at most, a night's batch half an hour. */
static const struct line_class by_default[PRIORITY_COUNT] = {
    [PRIORITY_HOTLINE] = { 40, 100, 30 * 1000000LL },
    [PRIORITY_WINDOW] = { 25, 90, 60 * 1000000LL },
    [PRIORITY_STAFF] = { 15, 80, 120 * 1000000LL },
    [PRIORITY_BATCH] = { 5, 50, 1800 * 1000000LL },
};

void catalogue_empty(struct catalogue *out)
{
    *out = (struct catalogue){ .engine_n = 0 };
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        out->classes[p] = by_default[p];
}

/* ---- classes ---- */

static enum tb_code read_class(const struct yaml *row, struct line_class *out, struct tb_err *e)
{
    static const char *const keys[] = { "share", "ceiling", "longest", NULL };
    int64_t share = out->share, ceiling = out->ceiling, longest = out->longest_us / 1000000;

    if (row->kind != YAML_MAP)
        return yaml_fail(row, "应写明 share、ceiling（百分数）和 longest（秒）", e);
    if (field_known(row, keys, e) || field_int(row, "share", 1, 100, &share, e) ||
        field_int(row, "ceiling", 1, 100, &ceiling, e) ||
        field_int(row, "longest", 1, LONGEST_S, &longest, e))
        return e->code;
    if (ceiling < share)
        return field_fail(row, e, "ceiling（%lld）不能小于 share（%lld）", (long long)ceiling,
                          (long long)share);
    *out = (struct line_class){ (int)share, (int)ceiling, longest * 1000000 };
    return TB_OK;
}

static enum tb_code read_classes(const struct yaml *at, struct catalogue *out, struct tb_err *e)
{
    int sum = 0;

    if (at && at->kind != YAML_MAP)
        return yaml_fail(at, "classes 应写明 hotline、window、staff、batch", e);
    for (size_t i = 0; i < yaml_len(at); i++) {
        enum priority p;

        if (!priority_parse(at->keys[i], &p))
            return field_fail(at->items[i], e,
                              "不认识的类别 %.*s，应为 hotline、window、staff 或 batch",
                              STR_FMT(str_sub(at->keys[i], 0, 60)));
        if (read_class(at->items[i], &out->classes[p], e))
            return e->code;
    }
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        sum += out->classes[p].share;
    if (sum > 100)
        return field_fail(at, e, "各类别 share 之和为 %d，不能超过 100", sum);
    return TB_OK;
}

/* ---- routes and aliases ---- */

static bool knows(const struct catalogue *c, struct str name, bool routes)
{
    for (size_t i = 0; i < c->engine_n; i++) {
        if (str_eq(c->engines[i].name, name))
            return true;
        for (size_t k = 0; k < c->engines[i].model_n; k++)
            if (str_eq(c->engines[i].models[k].name, name))
                return true;
    }
    for (size_t i = 0; i < c->model_n; i++)
        if (str_eq(c->models[i].name, name))
            return true;
    for (size_t i = 0; routes && i < c->route_n; i++)
        if (str_eq(c->routes[i].name, name))
            return true;
    return false;
}

static enum tb_code read_when(struct arena *a, const struct yaml *row, struct catalogue_rule *out,
                              struct tb_err *e)
{
    static const char *const keys[] = { "task",      "department", "language", "prompt_from",
                                        "prompt_to", "sensitive",  "hours",    NULL };
    bool sensitive = false;

    out->sensitive = -1;
    if (!row)
        return TB_OK;
    if (row->kind != YAML_MAP)
        return yaml_fail(row, "when 应由“字段: 值”组成", e);
    if (field_known(row, keys, e) || field_list(a, row, "task", &out->tasks, e) ||
        field_list(a, row, "department", &out->departments, e) ||
        field_list(a, row, "language", &out->languages, e) ||
        field_int(row, "prompt_from", 1, 100000000, &out->prompt_from, e) ||
        field_int(row, "prompt_to", 1, 100000000, &out->prompt_to, e) ||
        field_bool(row, "sensitive", &sensitive, e) || field_hours(row, "hours", &out->hours, e))
        return e->code;
    if (yaml_get(row, "sensitive"))
        out->sensitive = sensitive;
    return TB_OK;
}

static enum tb_code read_rule(struct arena *a, const struct yaml *row, const struct catalogue *c,
                              struct catalogue_rule *out, struct tb_err *e)
{
    static const char *const keys[] = { "when", "to", NULL };

    if (row->kind != YAML_MAP)
        return yaml_fail(row, "rules 的每一项应写明 to，可写 when", e);
    if (field_known(row, keys, e) || read_when(a, yaml_get(row, "when"), out, e) ||
        field_list(a, row, "to", &out->to, e))
        return e->code;
    if (!out->to.n)
        return yaml_fail(row, "分流规则要写明 to：交给哪些模型或引擎", e);
    for (size_t i = 0; i < out->to.n; i++)
        if (!knows(c, out->to.items[i], false))
            return field_fail(yaml_get(row, "to"), e, "没有名为 %.*s 的模型或引擎",
                              STR_FMT(str_sub(out->to.items[i], 0, 80)));
    return TB_OK;
}

static enum tb_code read_route(struct arena *a, const struct yaml *row, const struct catalogue *c,
                               struct catalogue_route *out, struct tb_err *e)
{
    static const char *const keys[] = { "name", "rules", NULL };
    const struct yaml *rules = yaml_get(row, "rules");

    out->name = yaml_str(row, "name");
    if (field_known(row, keys, e))
        return e->code;
    if (!out->name.n || !rules || rules->kind != YAML_LIST || !rules->n)
        return yaml_fail(row, "分流要写明 name 和 rules", e);
    if (knows(c, out->name, true))
        return field_fail(row, e, "名称 %.*s 已被模型、引擎或另一条分流使用",
                          STR_FMT(str_sub(out->name, 0, 80)));
    out->rules = ARENA_ARRAY(a, struct catalogue_rule, rules->n);
    for (size_t i = 0; i < rules->n; i++)
        if (read_rule(a, rules->items[i], c, &out->rules[out->rule_n++], e))
            return e->code;
    return TB_OK;
}

static enum tb_code read_alias(const struct yaml *at, size_t i, const struct catalogue *c,
                               struct catalogue_alias *out, struct tb_err *e)
{
    *out = (struct catalogue_alias){ at->keys[i], at->items[i]->text };
    if (at->items[i]->kind != YAML_SCALAR || !knows(c, out->to, true))
        return field_fail(at->items[i], e, "别名 %.*s 指向的 %.*s 不存在，应为模型、引擎或分流",
                          STR_FMT(str_sub(out->name, 0, 80)), STR_FMT(str_sub(out->to, 0, 80)));
    if (knows(c, out->name, true))
        return field_fail(at->items[i], e, "别名 %.*s 已被模型、引擎或分流使用",
                          STR_FMT(str_sub(out->name, 0, 80)));
    return TB_OK;
}

/* ---- profiles ---- */

static enum tb_code read_profile(struct arena *a, const struct yaml *row,
                                 struct catalogue_profile *out, struct tb_err *e)
{
    static const char *const keys[] = { "match",   "temperature",  "top_p",
                                        "context", "thinks_first", NULL };

    out->temperature = out->top_p = -1;
    if (field_known(row, keys, e) || field_list(a, row, "match", &out->match, e) ||
        field_real(row, "temperature", 0, 2, &out->temperature, e) ||
        field_real(row, "top_p", 0, 1, &out->top_p, e) ||
        field_bool(row, "thinks_first", &out->thinks_first, e) ||
        field_int(row, "context", 1, 100000000, &out->context, e))
        return e->code;
    return out->match.n ? TB_OK : yaml_fail(row, "模型档案要写明 match：名称中含有的字样", e);
}

static bool has_small(struct str s, struct str part)
{
    for (size_t i = 0; i + part.n <= s.n; i++)
        if (str_case_eq(str_sub(s, i, part.n), part))
            return true;
    return false;
}

const struct catalogue_profile *catalogue_profile(const struct catalogue *c, struct str model)
{
    for (size_t i = 0; i < c->profile_n; i++)
        for (size_t k = 0; k < c->profiles[i].match.n; k++)
            if (has_small(model, c->profiles[i].match.items[k]))
                return &c->profiles[i];
    return NULL;
}

enum tb_code catalogue_read_names(struct arena *a, const struct yaml *top, struct catalogue *out,
                                  struct tb_err *e)
{
    const struct yaml *routes, *profiles, *aliases = yaml_get(top, "aliases");

    if (field_rows(top, "routes", &routes, e) || field_rows(top, "profiles", &profiles, e))
        return e->code;
    if (aliases && aliases->kind != YAML_MAP)
        return yaml_fail(aliases, "aliases 的每一项应为“别名: 模型、引擎或分流的名称”", e);
    out->routes = ARENA_ARRAY(a, struct catalogue_route, yaml_len(routes));
    out->aliases = ARENA_ARRAY(a, struct catalogue_alias, yaml_len(aliases));
    out->profiles = ARENA_ARRAY(a, struct catalogue_profile, yaml_len(profiles));
    for (size_t i = 0; i < yaml_len(routes); i++) {
        if (read_route(a, routes->items[i], out, &out->routes[i], e))
            return e->code;
        out->route_n++;
    }
    for (size_t i = 0; i < yaml_len(aliases); i++) {
        if (read_alias(aliases, i, out, &out->aliases[i], e))
            return e->code;
        out->alias_n++;
    }
    for (size_t i = 0; i < yaml_len(profiles); i++)
        if (read_profile(a, profiles->items[i], &out->profiles[out->profile_n++], e))
            return e->code;
    return read_classes(yaml_get(top, "classes"), out, e);
}
