#include "scenario/hotline/reply_check.h"

#include "base/fs.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "guard/mask.h"

#include <string.h>

/* Below this share of the message's pairs of characters a reply speaks of something else. */
static const double on_topic = 0.04, answered = 0.08;
enum { SHORT_CHARS = 8 };

static enum tb_code words_of(struct arena *a, const struct yaml *y, const char *key,
                             struct str **out, size_t *n, struct tb_err *e)
{
    const struct yaml *list = yaml_get(y, key);

    if (yaml_len(list) == 0)
        return yaml_fail(y, "要有 tone、promise、basis、asks 四张词表", e);
    *n = list->n;
    *out = ARENA_ARRAY(a, struct str, list->n);
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i]->kind != YAML_SCALAR || list->items[i]->text.n == 0)
            return yaml_fail(list->items[i], "这里应为一个词", e);
        (*out)[i] = list->items[i]->text;
    }
    return TB_OK;
}

enum tb_code reply_rules_load(struct arena *a, const char *share_dir, struct reply_rules *out,
                              struct tb_err *e)
{
    struct yaml *y;

    if (yaml_load(a, fs_join(a, fs_join(a, share_dir, "rules"), "reply_check.yaml"), &y, e) ||
        words_of(a, y, "tone", &out->tone, &out->tone_n, e) ||
        words_of(a, y, "promise", &out->promise, &out->promise_n, e) ||
        words_of(a, y, "basis", &out->basis, &out->basis_n, e))
        return e->code;
    return words_of(a, y, "asks", &out->asks, &out->asks_n, e);
}

static const struct {
    const char *name, *title;
    int risk;
} faults[REPLY_FAULTS] = {
    [REPLY_OFF_TOPIC] = { "off_topic", "答非所问", 70 },
    [REPLY_LEFT_OUT] = { "left_out", "有问题没有回答", 50 },
    [REPLY_TONE] = { "tone", "语气生硬", 60 },
    [REPLY_PROMISE] = { "promise", "承诺没有依据", 60 },
    [REPLY_PERSONAL] = { "personal", "含有个人信息", 90 },
};

const char *reply_fault_name(enum reply_fault f)
{
    return f > 0 && f < REPLY_FAULTS ? faults[f].name : "";
}

const char *reply_fault_title(enum reply_fault f)
{
    return f > 0 && f < REPLY_FAULTS ? faults[f].title : "";
}

int reply_fault_risk(enum reply_fault f)
{
    return f > 0 && f < REPLY_FAULTS ? faults[f].risk : 0;
}

struct findings {
    struct reply_finding *v;
    size_t *n;
};

static void add(struct findings *f, enum reply_fault fault, struct str words)
{
    if (*f->n < REPLY_FINDINGS_MAX)
        f->v[(*f->n)++] = (struct reply_finding){ fault, words };
}

/* The next sentence of *rest, with its mark; "" at the end. */
static struct str next_sentence(struct str *rest)
{
    struct str s;
    size_t at = 0;

    while (at < rest->n) {
        uint32_t c = utf8_next(*rest, &at);

        if (c == 0x3002 || c == 0xff01 || c == 0xff1f || c == '?' || c == '!' || c == '\n' ||
            c == 0xff1b)
            break;
    }
    s = str_sub(*rest, 0, at);
    *rest = str_from(*rest, at);
    return s;
}

static bool has_any(struct str s, const struct str *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_has(s, words[i]))
            return true;
    return false;
}

/* Of the pairs of Chinese characters in a, how many stand in b too: 0..1; 1 where a has none. */
static double shared(struct str a, struct str b)
{
    size_t at = 0, from = 0, all = 0, both = 0;
    uint32_t before = 0;

    while (at < a.n) {
        size_t here = at;
        uint32_t c = utf8_next(a, &at);
        bool han = c >= 0x4e00 && c <= 0x9fff;

        if (han && before) {
            all++;
            both += str_has(b, str_sub(a, from, at - from));
        }
        before = han ? c : 0;
        from = here;
    }
    return all ? (double)both / (double)all : 1;
}

static void look_at_sentences(struct findings *f, const struct reply_rules *r, struct str reply)
{
    struct str rest = reply;

    while (rest.n) {
        struct str s = next_sentence(&rest);

        for (size_t i = 0; i < r->tone_n; i++)
            if (str_has(s, r->tone[i]))
                add(f, REPLY_TONE, r->tone[i]);
        for (size_t i = 0; i < r->promise_n; i++)
            if (str_has(s, r->promise[i]) && !has_any(s, r->basis, r->basis_n))
                add(f, REPLY_PROMISE, r->promise[i]);
    }
}

static void look_for_questions(struct findings *f, const struct reply_rules *r, struct str asked,
                               struct str reply)
{
    struct str rest = asked;

    while (rest.n) {
        struct str s = str_trim(next_sentence(&rest));

        if (utf8_count(s) >= SHORT_CHARS && has_any(s, r->asks, r->asks_n) &&
            shared(s, reply) < answered)
            add(f, REPLY_LEFT_OUT, s);
    }
}

/* An office's own number is no secret; what identifies a person is. */
static void look_for_people(struct arena *a, struct findings *f, struct str reply)
{
    static const char *const kinds[] = { MASK_ID,       MASK_MOBILE,    MASK_BANK_CARD,
                                         MASK_PASSPORT, MASK_PERMIT,    MASK_MEDICAL,
                                         MASK_BIRTH,    MASK_HOUSEHOLD, NULL };
    struct mask_places found = mask_find(a, reply);

    for (size_t i = 0; i < found.n; i++)
        for (const char *const *k = kinds; *k; k++)
            if (strcmp(found.v[i].kind, *k) == 0)
                add(f, REPLY_PERSONAL, str_z(*k));
}

void reply_check(struct arena *a, const struct reply_rules *r, struct str asked, struct str reply,
                 struct reply_finding out[REPLY_FINDINGS_MAX], size_t *n)
{
    struct findings f = { out, n };

    *n = 0;
    look_for_people(a, &f, reply);
    if (utf8_count(asked) >= SHORT_CHARS && shared(asked, reply) < on_topic)
        add(&f, REPLY_OFF_TOPIC, STR(""));
    else
        look_for_questions(&f, r, asked, reply);
    look_at_sentences(&f, r, reply);
}
