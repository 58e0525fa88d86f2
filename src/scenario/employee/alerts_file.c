/* rules/alerts.yaml into rows. */
#include "base/yaml.h"
#include "model/egress.h"
#include "scenario/employee/alerts.h"

static const char *const sources[] = { [ALERT_TRAIL] = "trail",
                                       [ALERT_QUESTIONS] = "questions",
                                       [ALERT_METRIC] = "metric",
                                       [ALERT_ENGINE] = "engine" };
static const char *const fields[] = { "id",      "title",    "source",    "verbs",  "outcomes",
                                      "per",     "measure",  "metric",    "labels", "share",
                                      "minutes", "at_least", "more_than", "times",  "severity",
                                      "owner",   "steps",    NULL };
const char *const alert_measures[] = { "masked",   "not_found", "withheld", "not_useful",
                                       "referred", "refused",   NULL };

static bool among(struct str s, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        if (str_eqz(s, list[i]))
            return true;
    return false;
}

static enum tb_code words_read(struct arena *a, const struct yaml *y, const char *key,
                               struct words *out, struct tb_err *e)
{
    const struct yaml *l = yaml_get(y, key);

    if (l && l->kind != YAML_LIST)
        return yaml_fail(l, "这里应为列表", e);
    out->n = yaml_len(l);
    out->v = ARENA_ARRAY(a, struct str, out->n + 1);
    for (size_t i = 0; i < out->n; i++)
        out->v[i] = l->items[i]->text;
    return TB_OK;
}

static enum tb_code number(const struct yaml *y, const char *key, double *out, struct tb_err *e)
{
    *out = 0;
    if (yaml_get(y, key) && (!str_real(yaml_str(y, key), out) || *out < 0))
        return yaml_fail(yaml_get(y, key), "这里应为不小于 0 的数", e);
    return TB_OK;
}

static enum tb_code whole(const struct yaml *y, const char *key, int64_t most, int64_t *out,
                          struct tb_err *e)
{
    *out = 0;
    if (yaml_get(y, key) && (!yaml_int(y, key, out) || *out < 0 || *out > most))
        return yaml_fail(yaml_get(y, key), "这里应为整数，不能太大", e);
    return TB_OK;
}

static enum tb_code source_read(const struct yaml *y, struct alert *r, struct tb_err *e)
{
    struct str s = yaml_str(y, "source");

    for (enum alert_source k = ALERT_TRAIL; k <= ALERT_ENGINE; k++)
        if (str_eqz(s, sources[k]))
            r->source = k;
    return r->source ? TB_OK
                     : yaml_fail(yaml_get(y, "source") ? yaml_get(y, "source") : y,
                                 "source 应为 trail、questions、metric 或 engine", e);
}

static enum tb_code names_right(const struct yaml *y, struct alert *r, struct tb_err *e)
{
    static const char *const severities[] = { "high", "medium", "low", NULL };
    enum role role;

    if (!among(r->severity, severities))
        return yaml_fail(yaml_get(y, "severity") ? yaml_get(y, "severity") : y,
                         "severity 应为 high、medium 或 low", e);
    if (!role_parse(r->owner, &role) || !(role_perms(role) & PERM_INCIDENT_WRITE))
        return yaml_fail(yaml_get(y, "owner") ? yaml_get(y, "owner") : y,
                         "owner 应为能处置事件的角色，如 security_officer", e);
    if (r->source == ALERT_QUESTIONS && !among(r->measure, alert_measures))
        return yaml_fail(
            yaml_get(y, "measure") ? yaml_get(y, "measure") : y,
            "measure 应为 masked、not_found、withheld、not_useful、referred 或 refused", e);
    if (r->source == ALERT_METRIC && !r->name[0])
        return yaml_fail(y, "source 为 metric 时要写 metric", e);
    if (!r->minutes)
        return yaml_fail(y, "minutes 要写，至少 1", e);
    return r->steps.n ? TB_OK : yaml_fail(y, "steps 要写，至少一步", e);
}

static enum tb_code row_read(struct arena *a, const struct yaml *y, struct alert *r,
                             struct tb_err *e)
{
    if (y->kind != YAML_MAP)
        return yaml_fail(y, "这里应为“字段: 值”", e);
    for (size_t i = 0; i < y->n; i++)
        if (!among(y->keys[i], fields))
            return yaml_fail(y->items[i], "不认识的字段", e);
    *r = (struct alert){ .id = yaml_str(y, "id"),
                         .title = yaml_str(y, "title"),
                         .severity = yaml_str(y, "severity"),
                         .owner = yaml_str(y, "owner"),
                         .measure = yaml_str(y, "measure"),
                         .share = yaml_bool(y, "share", false),
                         .by_address = str_eqz(yaml_str(y, "per"), "address") };
    r->name = arena_z(a, yaml_str(y, "metric"));
    r->label = arena_z(a, yaml_str(y, "labels"));
    if (r->id.n == 0 || r->title.n == 0)
        return yaml_fail(y, "id 和 title 都要写", e);
    if (source_read(y, r, e) || words_read(a, y, "verbs", &r->verbs, e) ||
        words_read(a, y, "outcomes", &r->outcomes, e) || words_read(a, y, "steps", &r->steps, e) ||
        number(y, "more_than", &r->more_than, e) || number(y, "times", &r->times, e) ||
        whole(y, "minutes", 7 * 1440, &r->minutes, e) ||
        whole(y, "at_least", 1000000, &r->at_least, e))
        return e->code;
    return names_right(y, r, e);
}

/* An address to which nothing may be sent is a mistake of the file, not of the first alert. */
static enum tb_code webhook_read(struct arena *a, const struct yaml *y, struct alerts *out,
                                 struct tb_err *e)
{
    struct egress *g = egress_new();
    struct tb_err why = TB_ERR_INIT;
    enum tb_code c = TB_OK;

    out->webhook = arena_z(a, yaml_str(y, "webhook"));
    if (out->webhook[0] && egress_allow(g, out->webhook, &why))
        c = yaml_fail(yaml_get(y, "webhook"), "webhook 应为 http 或 https 的地址，不带密码", e);
    egress_free(g);
    return c;
}

enum tb_code alerts_load(struct arena *a, const char *path, struct alerts *out, struct tb_err *e)
{
    static const char *const top[] = { "webhook", "rules", NULL };
    const struct yaml *list;
    struct yaml *y;

    if (yaml_load(a, path, &y, e))
        return e->code;
    if (y->kind != YAML_MAP)
        return yaml_fail(y, "这里应为“字段: 值”", e);
    for (size_t i = 0; i < y->n; i++)
        if (!among(y->keys[i], top))
            return yaml_fail(y->items[i], "不认识的字段", e);
    list = yaml_get(y, "rules");
    if (yaml_len(list) == 0 || yaml_len(list) > ALERTS_MAX)
        return yaml_fail(y, "rules 应为 1 到 64 条规则", e);
    out->n = list->n;
    out->v = ARENA_ARRAY(a, struct alert, out->n);
    for (size_t i = 0; i < out->n; i++) {
        if (row_read(a, list->items[i], &out->v[i], e))
            return e->code;
        for (size_t k = 0; k < i; k++)
            if (str_eq(out->v[k].id, out->v[i].id))
                return yaml_fail(list->items[i], "id 重复了", e);
    }
    return webhook_read(a, y, out, e);
}
