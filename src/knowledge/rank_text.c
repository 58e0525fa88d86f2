/* A candidate judged by its own text: one pass over title, heading and text. */
#include "knowledge/rank_int.h"

#include "knowledge/index_int.h"

#include <math.h>
#include <string.h>

struct counts {
    uint16_t single[QUERY_UNITS_MAX];
    uint16_t pair[2 * QUERY_UNITS_MAX];
    uint32_t run; /* longest stretch of characters whose pairs all occur in the question */
};

static size_t pair_slot(uint32_t key)
{
    return (key * 0x9e3779b1U) >> 22;
}

void rank_scan_make(const struct query *q, struct rank_scan *s)
{
    memset(s, 0, sizeof *s);
    s->q = q;
    for (size_t k = q->singles < 254 ? q->singles : 254; k-- > 0;)
        s->single[q->single[k].c & 255] = (uint8_t)(k + 1);
    for (size_t i = 0; i < q->n; i++) {
        size_t at = pair_slot(q->want[i].key);

        while (s->pair[at])
            at = (at + 1) & 1023;
        s->pair[at] = (uint16_t)(i + 1);
    }
}

static size_t find_single(const struct rank_scan *s, uint16_t c)
{
    size_t k = s->single[c & 255];

    if (!k)
        return SIZE_MAX;
    for (k--; k < s->q->singles; k++)
        if (s->q->single[k].c == c)
            return k;
    return SIZE_MAX;
}

static size_t find_pair(const struct rank_scan *s, uint32_t key)
{
    for (size_t at = pair_slot(key); s->pair[at]; at = (at + 1) & 1023)
        if (s->q->want[s->pair[at] - 1].key == key)
            return s->pair[at] - 1U;
    return SIZE_MAX;
}

/* Words and numbers are rare: they go the long way. */
static void count_words(const struct rank_scan *s, struct units u, struct counts *c)
{
    uint32_t keys[256];

    for (size_t i = 0, j; i < u.n; i = j + 1) {
        for (j = i; j < u.n && j - i < 200 && (unit_is_word(u.c[j]) || u.c[j] == '.'); j++)
            ;
        for (size_t k = index_keys((struct units){ u.c + i, j - i }, keys); k-- > 0;) {
            size_t p = find_pair(s, keys[k]);

            if (p != SIZE_MAX)
                c->pair[p]++;
        }
    }
}

static void count_text(const struct rank_scan *s, struct units u, struct counts *c)
{
    bool before = false, word = false;
    uint32_t run = 0;

    for (size_t i = 0; i < u.n; i++) {
        size_t k = find_single(s, u.c[i]), p = SIZE_MAX;

        word |= u.c[i] < 0x600 && unit_is_word(u.c[i]);
        if (k != SIZE_MAX && before)
            p = find_pair(s, index_pair(u.c[i - 1], u.c[i]));
        if (p != SIZE_MAX)
            c->pair[p]++;
        if (k != SIZE_MAX)
            c->single[k]++;
        run = p < s->q->typed ? run + 1 : 0;
        c->run = run > c->run ? run : c->run;
        before = k != SIZE_MAX;
    }
    if (word)
        count_words(s, u, c);
}

static float cover(const struct query *q, const struct counts *c)
{
    float sum = 0;

    for (size_t i = 0; i < q->typed; i++)
        sum += c->pair[i] ? q->want[i].weight : 0;
    return q->mass > 0 ? sum / q->mass : 0;
}

/* Titles are shared by many documents that follow one another: counted once, then added. */
static void add_title(const struct rank_scan *s, const struct index *x, struct rank_hit *h,
                      struct counts *c)
{
    struct counts title = { 0 };
    const struct query *q = s->q;

    count_text(s, index_title(x, x->docs[h->doc].group), &title);
    h->f[RANK_TITLE_COVER] = cover(q, &title);
    for (size_t i = 0; i < q->n; i++)
        c->pair[i] = (uint16_t)(c->pair[i] + title.pair[i]);
    for (size_t k = 0; k < q->singles; k++)
        c->single[k] = (uint16_t)(c->single[k] + title.single[k]);
}

void rank_judge(const struct rank_scan *s, const struct index *x, struct rank_hit *h)
{
    struct counts c = { 0 };
    const struct query *q = s->q;
    struct units text = index_text(x, h->doc);
    uint32_t norm = x->docs[h->doc].norm;
    float pairs = 0, singles = 0;

    count_text(s, text, &c);
    h->f[RANK_TEXT_COVER] = cover(q, &c);
    h->f[RANK_RUN] = (float)(c.run ? c.run + 1 : 0);
    h->f[RANK_LENGTH] = logf((float)text.n + 1.0F);
    count_text(s, index_heading(x, h->doc), &c);
    h->f[RANK_COVER] = cover(q, &c);
    add_title(s, x, h, &c);
    for (size_t i = 0; i < q->n; i++)
        pairs += c.pair[i] ? q->want[i].weight * 2.2F * index_ratio(c.pair[i], norm) : 0;
    for (size_t k = 0; k < q->singles; k++)
        singles += c.single[k] ? q->single[k].weight * 2.2F * index_ratio(c.single[k], norm) : 0;
    h->f[RANK_PAIRS] = pairs;
    h->f[RANK_SINGLES] = singles;
}
