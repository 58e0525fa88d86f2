#include "learn/features.h"

#include <assert.h>
#include <string.h>

static uint32_t mix(uint32_t h, uint32_t c)
{
    h = (h ^ c) * 0x9E3779B1U;
    return h ^ h >> 15;
}

/* 0: a mark, which ends every run. */
static uint32_t letter(uint16_t c)
{
    if (c >= '0' && c <= '9')
        return '0';
    return unit_is_han(c) || unit_is_word(c) ? c : 0;
}

static uint32_t finish(uint32_t h)
{
    h = (h ^ h >> 16) * 0x85EBCA6BU;
    h ^= h >> 13;
    return h ? h : 1; /* 0 marks an empty slot */
}

struct message message_of(struct arena *a, struct str title, struct str text, size_t chars)
{
    struct message m = { .n = 0 };
    uint16_t *c = NULL;
    size_t cap = 0;

    normal_append(a, title, &c, &m.n, &cap);
    m.title_n = m.n;
    normal_append(a, STR("\n"), &c, &m.n, &cap);
    normal_append(a, text, &c, &m.n, &cap);
    if (m.n > chars) {
        memmove(c + chars / 2, c + m.n - chars / 2, chars / 2 * sizeof(*c));
        m.n = chars / 2 * 2;
        m.title_n = m.title_n < m.n ? m.title_n : m.n;
    }
    m.c = c;
    return m;
}

void features_walk(const struct message *m, enum feature_field field, unsigned run,
                   feature_seen *seen, void *self)
{
    size_t n = field == FEATURE_TITLE ? m->title_n : m->n;
    uint32_t first = mix(0x811C9DC5U, (uint32_t)field + 1U);

    assert(run <= FEATURE_RUN_MAX);
    for (size_t i = 0; i < n; i++) {
        uint32_t h = first, c;

        for (size_t j = i; j < n && j < i + run && (c = letter(m->c[j])); j++) {
            h = mix(h, c);
            seen(self, finish(h), i, j + 1 - i);
        }
    }
}

struct counting { /* open addressing, at most half full */
    struct feature *out;
    uint32_t *slots; /* 1 + place in out; 0: empty */
    size_t n, mask;
};

static inline void count(void *self, uint32_t hash, size_t from, size_t n)
{
    struct counting *k = self;
    size_t at = hash & k->mask;

    (void)from;
    (void)n;
    while (k->slots[at] && k->out[k->slots[at] - 1].hash != hash)
        at = (at + 1) & k->mask;
    if (k->slots[at]) {
        k->out[k->slots[at] - 1].count++;
        return;
    }
    k->out[k->n++] = (struct feature){ hash, 1 };
    k->slots[at] = (uint32_t)k->n;
}

struct features features_of(struct arena *a, const struct message *m, unsigned run)
{
    struct counting k = { .n = 0 };
    struct features out = { .n = 0 };
    size_t most = (m->n + m->title_n) * run + 1, size = 16;

    while (size < most * 2)
        size *= 2;
    k.out = arena_alloc(a, most * sizeof(*k.out));
    k.slots = arena_zalloc(a, size * sizeof(*k.slots));
    k.mask = size - 1;
    for (int f = 0; f < FEATURE_FIELDS; f++) {
        features_walk(m, (enum feature_field)f, run, count, &k);
        out.end[f] = k.n;
    }
    out.v = k.out;
    out.n = k.n;
    return out;
}
