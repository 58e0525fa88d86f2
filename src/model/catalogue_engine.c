#include "model/catalogue_int.h"

#include "base/log.h"

#include <stdlib.h>

enum { FIRST_WORD_S = 60, TOTAL_S = 600, LONGEST_S = 7200 };

static const char *const kinds[ENGINE_KINDS] = {
    [ENGINE_OPENAI] = "openai", [ENGINE_VLLM] = "vllm",   [ENGINE_SGLANG] = "sglang",
    [ENGINE_MINDIE] = "mindie", [ENGINE_LLAMA] = "llama", [ENGINE_DEEPSEEK] = "deepseek",
};
static const char *const roles[] = { [ENGINE_CHAT] = "chat",
                                     [ENGINE_EMBEDDING] = "embedding",
                                     [ENGINE_RERANK] = "rerank",
                                     [ENGINE_SPEECH] = "speech",
                                     NULL };

const char *engine_kind_name(enum engine_kind k)
{
    return kinds[k];
}

static enum tb_code read_kind(const struct yaml *row, struct catalogue_engine *out,
                              struct tb_err *e)
{
    struct str kind = yaml_str(row, "kind"), role = yaml_str(row, "role");
    enum engine_kind k = 0;
    int r = 0;

    while (kind.n && k < ENGINE_KINDS && !str_eqz(kind, kinds[k]))
        k++;
    if (k == ENGINE_KINDS)
        return field_fail(yaml_get(row, "kind"), e,
                          "kind 应为 vllm、sglang、mindie、llama、deepseek 或 openai");
    while (role.n && roles[r] && !str_eqz(role, roles[r]))
        r++;
    if (!roles[r])
        return field_fail(yaml_get(row, "role"), e, "role 应为 chat、embedding、rerank 或 speech");
    out->kind = k;
    out->role = (enum engine_role)r;
    return TB_OK;
}

/* models: a name, or `name: what the engine calls it`. */
static enum tb_code read_model(const struct yaml *at, struct catalogue_name *out, struct tb_err *e)
{
    if (at->kind == YAML_SCALAR && at->text.n)
        *out = (struct catalogue_name){ at->text, at->text };
    else if (at->kind == YAML_MAP && at->n == 1 && at->items[0]->text.n)
        *out = (struct catalogue_name){ at->keys[0], at->items[0]->text };
    else
        return field_fail(at, e, "models 的每一项应为模型名称，或“对外名称: 引擎中的名称”");
    return TB_OK;
}

static enum tb_code read_models(struct arena *a, const struct yaml *row,
                                struct catalogue_engine *out, struct tb_err *e)
{
    const struct yaml *more = yaml_get(row, "models");
    struct str model = yaml_str(row, "model");
    struct str_list names = { NULL, 0 };

    if (field_list(a, row, "aliases", &names, e))
        return e->code;
    if (more && more->kind != YAML_LIST)
        return field_fail(more, e, "models 应为列表");
    out->models = ARENA_ARRAY(a, struct catalogue_name, 1 + yaml_len(more) + names.n);
    if (model.n || !yaml_len(more))
        out->models[out->model_n++] = (struct catalogue_name){ model, model };
    for (size_t i = 0; i < yaml_len(more); i++)
        if (read_model(more->items[i], &out->models[out->model_n++], e))
            return e->code;
    for (size_t i = 0; i < names.n; i++)
        out->models[out->model_n++] = (struct catalogue_name){ names.items[i], out->models[0].as };
    return TB_OK;
}

static enum tb_code read_prices(const struct yaml *row, struct catalogue_engine *out,
                                struct tb_err *e)
{
    static const char *const keys[] = { "prompt", "cached", "answer", NULL };
    const struct yaml *price = yaml_get(row, "price");
    double prompt = 0, cached = -1, answer = 0;

    if (price && price->kind != YAML_MAP)
        return field_fail(price, e, "price 应写明 prompt、cached、answer（元／千 token）");
    if (field_known(price, keys, e) || field_real(price, "prompt", 0, 1000, &prompt, e) ||
        field_real(price, "cached", 0, 1000, &cached, e) ||
        field_real(price, "answer", 0, 1000, &answer, e))
        return e->code;
    out->prompt_price = (int64_t)(prompt * 1e6 + 0.5);
    out->cached_price = (int64_t)((cached < 0 ? prompt : cached) * 1e6 + 0.5);
    out->answer_price = (int64_t)(answer * 1e6 + 0.5);
    return TB_OK;
}

enum tb_code catalogue_read_personal(const struct yaml *row, bool near, enum personal *way,
                                     struct str *reason, struct tb_err *e)
{
    struct str name = yaml_str(row, "personal");
    const char *wrong;

    *way = PERSONAL_MASK;
    *reason = str_trim(yaml_str(row, "personal_reason"));
    if (name.n && !personal_parse(name, way))
        return field_fail(yaml_get(row, "personal"), e,
                          "personal 应为 mask（脱敏）、refuse（不收）或 allow（放行）");
    wrong = personal_wrong(*way, *reason);
    if (wrong)
        return field_fail(name.n ? yaml_get(row, "personal") : row, e, "%s", wrong);
    if (*way == PERSONAL_ALLOW && !near)
        return field_fail(yaml_get(row, "personal"), e,
                          "只有本机的引擎可以放行（allow）个人信息，别的用 mask 或 refuse");
    return TB_OK;
}

/* On this machine nobody else reads along. */
bool url_is_near(struct str url)
{
    return str_starts(url, STR("http://127.")) || str_starts(url, STR("http://localhost:")) ||
           str_starts(url, STR("http://[::1]"));
}

static enum tb_code read_rules(const struct yaml *row, struct catalogue_engine *out,
                               struct tb_err *e)
{
    int64_t first = FIRST_WORD_S, total = TOTAL_S;
    bool thinks = false;

    out->llama = out->kind == ENGINE_LLAMA;
    out->trusted = url_is_near(out->url);
    if (field_bool(row, "thinks_first", &thinks, e) || field_bool(row, "llama", &out->llama, e) ||
        field_bool(row, "drain", &out->drain, e) || field_bool(row, "trusted", &out->trusted, e) ||
        field_int(row, "slots", 1, 100000, &out->slots, e) ||
        field_int(row, "context", 1, 100000000, &out->context, e) ||
        field_int(row, "canary", 1, 99, &out->canary, e) ||
        field_int(row, "first_word", 1, LONGEST_S, &first, e) ||
        field_int(row, "total", 1, LONGEST_S, &total, e) ||
        field_hours(row, "hours", &out->hours, e) || read_prices(row, out, e) ||
        catalogue_read_personal(row, url_is_near(out->url), &out->personal, &out->personal_reason,
                                e))
        return e->code;
    out->thinks_first = yaml_get(row, "thinks_first") ? thinks : -1;
    out->first_word_ms = first * 1000;
    out->total_ms = total * 1000;
    return TB_OK;
}

static enum tb_code check_url(struct arena *a, const struct yaml *row, struct str url,
                              struct tb_err *e)
{
    struct egress *g = egress_new();
    struct tb_err why = TB_ERR_INIT;
    enum tb_code c = egress_allow(g, arena_z(a, url), &why);

    egress_free(g);
    return c ? field_fail(yaml_get(row, "url"), e, "%.250s", why.say) : TB_OK;
}

enum tb_code catalogue_read_engine(struct arena *a, const struct yaml *row,
                                   struct catalogue_engine *out, struct tb_err *e)
{
    static const char *const keys[] = {
        "name",    "url",   "model",   "models",   "aliases",         "key_env",
        "kind",    "chip",  "weights", "role",     "thinks_first",    "llama",
        "trusted", "drain", "slots",   "context",  "canary",          "first_word",
        "total",   "price", "hours",   "personal", "personal_reason", NULL
    };
    struct str key_env = yaml_str(row, "key_env");

    out->name = yaml_str(row, "name");
    out->url = yaml_str(row, "url");
    out->chip = yaml_str(row, "chip");
    out->weights = yaml_str(row, "weights");
    if (field_known(row, keys, e))
        return e->code;
    if (!out->name.n || !out->url.n)
        return yaml_fail(row, "推理引擎要写明 name 和 url", e);
    if (out->name.n > 120 || out->url.n > 500)
        return yaml_fail(row, "推理引擎的 name 或 url 太长", e);
    while (str_ends(out->url, STR("/")))
        out->url.n--;
    if (key_env.n)
        out->key = str_z(getenv(arena_z(a, key_env)));
    if (key_env.n && !out->key.n)
        log_line(LOG_WARN, "engine_key", "engine=%.*s environment variable %.*s is not set",
                 STR_FMT(out->name), STR_FMT(key_env));
    if (check_url(a, row, out->url, e) || read_kind(row, out, e) || read_models(a, row, out, e) ||
        read_rules(row, out, e))
        return e->code;
    return TB_OK;
}
