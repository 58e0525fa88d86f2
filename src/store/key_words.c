#include "base/cidr.h"
#include "base/json.h"
#include "base/utf8.h"
#include "store/key_int.h"

enum { NAME_MAX_CHARS = 40, NOTE_MAX_CHARS = 200, WORD_MAX = 128 };
static const int64_t limit_max = 1000000000000; /* beyond any use; sums stay far from overflow */

static void add_words(struct json *j, const char *name, const struct key_words *w)
{
    json_karr(j, name);
    for (size_t i = 0; i < w->n; i++)
        json_str(j, w->v[i]);
    json_end(j);
}

struct str key_words_json(struct arena *a, const struct key *k)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    add_words(&j, "scopes", &k->scopes);
    add_words(&j, "models", &k->models);
    add_words(&j, "addresses", &k->addresses);
    json_kstr(&j, "injection", str_z(injected_name(k->injected)));
    json_end(&j);
    return arena_buf(a, &b);
}

static void read_words(struct arena *a, const struct json_value *v, struct key_words *w)
{
    struct json_walk walk = json_walk(v);
    const struct json_value *at;

    w->v = ARENA_ARRAY(a, struct str, json_len(v) + 1);
    while ((at = json_step(&walk)))
        w->v[w->n++] = json_text(at);
}

enum tb_code key_words_read(struct arena *a, struct str json, struct key *k, struct tb_err *e)
{
    const struct json_value *v;

    if (json_read(a, json, &v, e))
        return tb_fail(e, TB_CORRUPT, "数据库里这个密钥的适用范围已损坏，请从备份恢复",
                       "key=%lld scopes", (long long)k->id);
    read_words(a, json_get(v, "scopes"), &k->scopes);
    read_words(a, json_get(v, "models"), &k->models);
    read_words(a, json_get(v, "addresses"), &k->addresses);
    if (!injected_parse(json_get_str(v, "injection"), &k->injected))
        k->injected = INJECTED_REFUSE; /* keys from before, and what this program does not know */
    return TB_OK;
}

/* Stands in the trail as the one who acted: one word, nothing that hides. */
static bool name_shaped(struct str s)
{
    size_t chars = 0, at = 0;

    if (!utf8_valid(s))
        return false;
    for (; at < s.n; chars++) {
        uint32_t c = utf8_next(s, &at);

        if (c <= 0x20 || (c >= 0x7f && c <= 0xa0) || (c >= 0x2000 && c <= 0x206f) || c == 0x3000)
            return false;
    }
    return chars >= 2 && chars <= NAME_MAX_CHARS;
}

static bool scope_known(struct str s)
{
    static const char *const all[] = { "chat",   "completion", "embedding",
                                       "rerank", "speech",     "model" };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (str_eqz(s, all[i]))
            return true;
    return false;
}

static bool model_shaped(struct str s)
{
    return s.n > 0 && s.n <= WORD_MAX && utf8_valid(s) && str_eq(str_trim(s), s);
}

static bool address_shaped(struct str s)
{
    struct cidr c;

    return cidr_parse(s, &c);
}

static bool all_are(const struct key_words *w, bool (*good)(struct str))
{
    for (size_t i = 0; i < w->n; i++)
        if (!good(w->v[i]))
            return false;
    return w->n <= KEY_WORDS_MAX;
}

static bool limit_shaped(int64_t v)
{
    return v >= 0 && v <= limit_max;
}

static enum tb_code words_look_right(const struct key *k, struct tb_err *e)
{
    if (!all_are(&k->scopes, scope_known))
        return tb_fail(e, TB_INVALID,
                       "用途应为 chat、completion、embedding、rerank、speech、model 中的几种",
                       "scopes");
    if (!all_are(&k->models, model_shaped))
        return tb_fail(e, TB_INVALID, "模型名不能为空或超过 128 个字节，最多 64 个", "models");
    if (!all_are(&k->addresses, address_shaped))
        return tb_fail(
            e, TB_INVALID,
            "来源地址应写成 10.1.0.0/16、192.168.1.7 或 2001:db8::/32 的形式，最多 64 个",
            "addresses");
    return TB_OK;
}

enum tb_code key_looks_right(const struct key *k, struct tb_err *e)
{
    const struct key_limits *l = &k->limits;

    if (!name_shaped(k->name))
        return tb_fail(e, TB_INVALID, "密钥名应为 2 到 40 个字，中间没有空格", "name");
    if (utf8_count(k->note) > NOTE_MAX_CHARS)
        return tb_fail(e, TB_INVALID, "说明不超过 200 个字", "note=%zu", k->note.n);
    if (!limit_shaped(l->requests_minute) || !limit_shaped(l->tokens_minute) ||
        !limit_shaped(l->tokens_day) || !limit_shaped(l->concurrent))
        return tb_fail(e, TB_INVALID, "限额应为不小于 0 的整数，0 表示不限", "limits");
    if (k->expires_at < 0)
        return tb_fail(e, TB_INVALID, "到期时间不对", "expires_at");
    return words_look_right(k, e);
}
