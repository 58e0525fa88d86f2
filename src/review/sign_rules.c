#include "review/sign_rules.h"

#include "base/fs.h"
#include "base/yaml.h"
#include "review/facts.h"
#include "review/pairs.h"
#include "text/normal.h"

static const int64_t minute_ms = 60 * 1000;

static enum tb_code known(const struct yaml *y, const char *const *keys, struct tb_err *e)
{
    for (size_t i = 0; i < y->n; i++) {
        bool found = false;

        for (const char *const *k = keys; *k && !found; k++)
            found = str_eqz(y->keys[i], *k);
        if (!found)
            return yaml_fail(y->items[i], "没有这一项，请对照文件开头的说明", e);
    }
    return TB_OK;
}

static enum tb_code number(const struct yaml *in, const char *key, int64_t least, int64_t most,
                           int64_t *out, struct tb_err *e)
{
    const struct yaml *y = yaml_get(in, key);

    if (!y || !yaml_int(in, key, out))
        return yaml_fail(y ? y : in, "缺少数字，或者不是整数", e);
    if (*out < least || *out > most)
        return yaml_fail(y, "数字超出范围", e);
    return TB_OK;
}

static enum tb_code promises(const struct yaml *y, struct sign_rules *r, struct tb_err *e)
{
    static const char *const keys[] = { "answer", "again", NULL };
    struct {
        const char *key;
        int64_t *out;
    } rows[] = { { "answer", &r->promise_answer }, { "again", &r->promise_again } };

    if (known(y, keys, e))
        return e->code;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (number(y, rows[i].key, 1, 60 * 24 * 365, rows[i].out, e))
            return e->code;
        *rows[i].out *= minute_ms;
    }
    return TB_OK;
}

/* The comparable form without blanks. */
static struct str plain(struct arena *a, struct str s)
{
    struct str n = normal_text(a, s);
    struct buf b = BUF_INIT(n.n + 1);

    for (size_t i = 0; i < n.n; i++)
        if (n.p[i] != ' ' && n.p[i] != '\t' && n.p[i] != '\n')
            buf_add(&b, str_sub(n, i, 1));
    return arena_buf(a, &b);
}

static enum tb_code words(struct arena *a, const struct yaml *y, struct str **out, size_t *n,
                          struct tb_err *e)
{
    *n = 0;
    *out = ARENA_ARRAY(a, struct str, yaml_len(y) + 1);
    for (size_t i = 0; i < yaml_len(y); i++) {
        struct str w = plain(a, y->items[i]->text);

        if (y->items[i]->kind != YAML_SCALAR || w.n < 6)
            return yaml_fail(y->items[i], "词要有两个字以上", e);
        (*out)[(*n)++] = w;
    }
    return TB_OK;
}

static enum tb_code scene(struct arena *a, const struct yaml *y, struct sensitive *s,
                          struct tb_err *e)
{
    static const char *const keys[] = { "name", "words", "unless", "why", "risk", NULL };

    if (y->kind != YAML_MAP)
        return yaml_fail(y, "应写成 name、words、why、risk 的一组", e);
    s->name = yaml_str(y, "name");
    s->why = yaml_str(y, "why");
    if (known(y, keys, e) || words(a, yaml_get(y, "words"), &s->words, &s->word_n, e) ||
        words(a, yaml_get(y, "unless"), &s->unless, &s->unless_n, e) ||
        number(y, "risk", 0, 100, &s->risk, e))
        return e->code;
    if (s->name.n == 0 || s->why.n == 0 || s->word_n == 0)
        return yaml_fail(y, "要写 name、why 和至少一个词", e);
    return TB_OK;
}

static enum tb_code scenes(struct arena *a, const struct yaml *y, struct sign_rules *r,
                           struct tb_err *e)
{
    r->sensitive = ARENA_ARRAY(a, struct sensitive, yaml_len(y) + 1);
    for (size_t i = 0; i < yaml_len(y); i++)
        if (scene(a, y->items[i], &r->sensitive[r->sensitive_n++], e))
            return e->code;
    return TB_OK;
}

static enum tb_code sampling(struct arena *a, const struct yaml *y, struct sign_rules *r,
                             struct tb_err *e)
{
    static const char *const keys[] = { "from", "of", NULL };

    if (yaml_len(y) == 0)
        return yaml_fail(y, "至少写一行抽查比例", e);
    r->sample = ARENA_ARRAY(a, struct sampling, yaml_len(y));
    for (size_t i = 0; i < yaml_len(y); i++) {
        struct sampling *s = &r->sample[r->sample_n++];

        if (known(y->items[i], keys, e) || number(y->items[i], "from", 0, 100, &s->from, e) ||
            number(y->items[i], "of", 0, 1000, &s->of, e))
            return e->code;
        if (i > 0 && s->from >= s[-1].from)
            return yaml_fail(y->items[i], "要按风险从高到低写", e);
    }
    return TB_OK;
}

enum tb_code sign_rules_load(struct arena *a, const char *share_dir, struct sign_rules *out,
                             struct tb_err *e)
{
    static const char *const keys[] = { "version",   "promise", "edit_most",
                                        "sensitive", "sample",  NULL };
    int64_t version;
    struct yaml *y;

    *out = (struct sign_rules){ 0 };
    if (yaml_load(a, fs_join(a, share_dir, "rules/review.yaml"), &y, e) || known(y, keys, e) ||
        number(y, "version", 1, 1, &version, e))
        return e->code;
    if (!yaml_get(y, "promise") || !yaml_get(y, "sample"))
        return yaml_fail(y, "要有 promise 和 sample", e);
    if (promises(yaml_get(y, "promise"), out, e) ||
        number(y, "edit_most", 0, 100, &out->edit_most, e) ||
        scenes(a, yaml_get(y, "sensitive"), out, e) || sampling(a, yaml_get(y, "sample"), out, e))
        return e->code;
    return TB_OK;
}

static bool any(struct str text, const struct str *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_has(text, w[i]))
            return true;
    return false;
}

const struct sensitive *sign_rules_scene(const struct sign_rules *r, struct arena *a,
                                         struct str question)
{
    struct str text = plain(a, question);
    const struct sensitive *worst = NULL;

    for (size_t i = 0; i < r->sensitive_n; i++) {
        const struct sensitive *s = &r->sensitive[i];

        if (any(text, s->words, s->word_n) && !any(text, s->unless, s->unless_n) &&
            (!worst || s->risk > worst->risk))
            worst = s;
    }
    return worst;
}

int64_t sign_rules_sampled(const struct sign_rules *r, int64_t risk)
{
    for (size_t i = 0; i < r->sample_n; i++)
        if (risk >= r->sample[i].from)
            return r->sample[i].of;
    return 0;
}

static bool all_in(struct arena *a, struct str these, struct str text)
{
    struct fact_list f = facts_of(a, these), known_facts = facts_of(a, text);

    for (size_t i = 0; i < f.n; i++)
        if (!fact_stands(&f.v[i], text, &known_facts))
            return false;
    return true;
}

bool sign_rules_authored(const struct sign_rules *r, struct arena *a, struct str before,
                         struct str after)
{
    struct pairs x = pairs_of(a, before), y = pairs_of(a, after);
    size_t most = x.n > y.n ? x.n : y.n, same = pairs_common(&x, &y, NULL);

    if (!all_in(a, after, before) || !all_in(a, before, after))
        return true;
    return most && (int64_t)((most - same) * 100 / most) > r->edit_most;
}
