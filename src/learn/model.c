#include "learn/model_int.h"

#include "base/utf8.h"

#include <string.h>

struct learn_table learn_table_of(const struct learn_model *m)
{
    return (struct learn_table){ m->slots, m->head->slots - 1, m->idf, m->head->title,
                                 m->head->run };
}

static void best_two(struct learn_verdict *v, size_t n)
{
    for (uint32_t k = 1; k < n; k++)
        if (v->p[k] > v->p[v->best]) {
            v->second = v->best;
            v->best = k;
        } else if (v->second == v->best || v->p[k] > v->p[v->second]) {
            v->second = k;
        }
}

const struct learn_text *learn_text_of(struct arena *a, struct str title, struct str text)
{
    struct learn_text *x = ARENA_NEW(a, struct learn_text);

    x->m = message_of(a, title, text, LEARN_CHARS);
    x->f = features_of(a, &x->m, LEARN_RUN);
    return x;
}

void learn_judge_text(const struct learn_model *m, const struct learn_text *text, struct arena *a,
                      struct learn_verdict *out)
{
    struct learn_table t = learn_table_of(m);
    struct learn_vector x =
        t.run == LEARN_RUN ? learn_vector_from(&t, a, &text->f) : learn_vector_of(&t, a, &text->m);
    size_t n = m->head->labels;

    *out = (struct learn_verdict){ .p = arena_alloc(a, n * sizeof(float)), .known = x.n - 1 };
    learn_scores(m->weights, n, &x, out->p);
    learn_chances(out->p, n, (double)m->head->sharpness);
    best_two(out, n);
    out->sure = out->known ? (double)out->p[out->best] : 0;
}

void learn_judge(const struct learn_model *m, struct str title, struct str text, struct arena *a,
                 struct learn_verdict *out)
{
    learn_judge_text(m, learn_text_of(a, title, text), a, out);
}

/* ---- what decided ---- */

struct speaking {
    const struct learn_model *m;
    struct learn_table t;
    uint32_t label, against;
    float *at; /* of each character: what the runs over it say for the label */
};

static void speak(void *self, uint32_t hash, size_t at, size_t n)
{
    struct speaking *s = self;
    uint32_t row = learn_row(&s->t, hash);
    size_t labels = s->m->head->labels;
    const float *w = s->m->weights + (size_t)row * labels;
    float v;

    if (!row)
        return;
    v = (w[s->label] - w[s->against]) * s->m->idf[row] / (float)n;
    for (size_t i = at; i < at + n; i++)
        s->at[i] += v;
}

static bool joins(const struct message *m, const float *at, size_t i, float least)
{
    return at[i] > least && (unit_is_han(m->c[i]) || unit_is_word(m->c[i]));
}

struct word {
    size_t at, n;
    float v;
};

/* The piece of at most LEARN_WORD_CHARS around the strongest character that is left. */
static struct word strongest(const struct message *m, const float *at)
{
    struct word w = { 0, 0, 0 };
    size_t top = 0;

    for (size_t i = 1; i < m->n; i++)
        top = at[i] > at[top] ? i : top;
    if (!m->n || !joins(m, at, top, 0))
        return w;
    w = (struct word){ top, 1, at[top] };
    while (w.n < LEARN_WORD_CHARS) {
        float least = w.n == 1 ? -at[top] : at[top] / 3; /* one character alone is no word */
        bool left = w.at > 0 && joins(m, at, w.at - 1, least);
        bool right = w.at + w.n < m->n && joins(m, at, w.at + w.n, least);

        if (!left && !right)
            break;
        if (left && (!right || at[w.at - 1] > at[w.at + w.n]))
            w.at--;
        w.n++;
    }
    return w;
}

static bool has_word(const struct str *v, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++)
        if (str_has(v[i], word))
            return true;
    return false;
}

size_t learn_words(const struct learn_model *m, struct str title, struct str text, uint32_t label,
                   uint32_t against, struct arena *a, struct str *out, size_t n)
{
    return learn_words_text(m, learn_text_of(a, title, text), label, against, a, out, n);
}

size_t learn_words_text(const struct learn_model *m, const struct learn_text *x, uint32_t label,
                        uint32_t against, struct arena *a, struct str *out, size_t n)
{
    const struct message *msg = &x->m;
    struct speaking s = { m, learn_table_of(m), label, against, NULL };
    size_t found = 0;

    s.at = ARENA_ARRAY(a, float, msg->n + 1);
    for (int f = 0; f < FEATURE_FIELDS; f++)
        features_walk(msg, (enum feature_field)f, m->head->run, speak, &s);
    for (size_t look = 0; look < 4 * n && found < n; look++) {
        struct word w = strongest(msg, s.at);
        struct str word;

        if (!w.n)
            break;
        word = normal_utf8(a, (struct units){ msg->c + w.at, w.n });
        if (w.n > 1 && !has_word(out, found, word))
            out[found++] = word;
        for (size_t i = w.at; i < w.at + w.n; i++)
            s.at[i] = 0;
    }
    return found;
}

size_t learn_label_count(const struct learn_model *m)
{
    return m->head->labels;
}

struct str learn_label(const struct learn_model *m, uint32_t i)
{
    return m->labels[i];
}

int64_t learn_version(const struct learn_model *m)
{
    return m->head->version;
}

double learn_certain(const struct learn_model *m)
{
    return m->head->certain;
}
