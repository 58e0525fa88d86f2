/* A candidate judged among the others: how it stands to the best of all, and how well its policy
 * and its chapter stand as a whole. */
#include "knowledge/rank_int.h"

#include <stdlib.h>
#include <string.h>

static const float SINGLES_SHARE = 0.6F;

struct standing { /* of a policy or chapter: its best three, descending */
    uint64_t key;
    float lexical[3], cosine[3];
};
struct standings {
    struct standing *v;
    size_t mask;
};

static struct standing *standing_of(const struct standings *s, uint64_t key)
{
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15U >> 32) & s->mask;

    key = key ? key : 1;
    while (s->v[i].key && s->v[i].key != key)
        i = (i + 1) & s->mask;
    s->v[i].key = key;
    return s->v + i;
}

static void enter(float best[3], float v)
{
    for (int i = 0; i < 3; i++) {
        if (v > best[i]) {
            float t = best[i];

            best[i] = v;
            v = t;
        }
    }
}

static float mean(const float best[3])
{
    return (best[0] + best[1] + best[2]) / 3.0F;
}

static float lexical_of(const struct rank_hit *h)
{
    return h->f[RANK_PAIRS] + SINGLES_SHARE * h->f[RANK_SINGLES];
}

static struct standings room(struct arena *a, size_t n)
{
    size_t size = 64;

    while (size < 2 * n)
        size *= 2;
    return (struct standings){ arena_zalloc(a, size * sizeof(struct standing)), size - 1 };
}

static void fill(const struct standings *s, uint64_t key, enum rank_feature first,
                 struct rank_hit *h)
{
    const struct standing *k = standing_of(s, key);

    h->f[first] = k->lexical[0];
    h->f[first + 1] = mean(k->lexical);
    h->f[first + 2] = k->cosine[0];
    h->f[first + 3] = mean(k->cosine);
}

void rank_compare(struct arena *a, struct rank_list *l)
{
    struct standings policy = room(a, l->n), chapter = room(a, l->n);
    float most = 1e-6F, nearest = 0;

    for (size_t i = 0; i < l->n; i++) {
        float lexical = lexical_of(l->v + i), cosine = l->v[i].f[RANK_COSINE];

        most = lexical > most ? lexical : most;
        nearest = cosine > nearest ? cosine : nearest;
    }
    for (size_t i = 0; i < l->n; i++) {
        struct rank_hit *h = l->v + i;

        h->f[RANK_LEXICAL_GAP] = lexical_of(h) / most;
        h->f[RANK_COSINE_GAP] = h->f[RANK_COSINE] - nearest;
        enter(standing_of(&policy, h->policy)->lexical, h->f[RANK_LEXICAL_GAP]);
        enter(standing_of(&policy, h->policy)->cosine, h->f[RANK_COSINE]);
        enter(standing_of(&chapter, h->chapter)->lexical, h->f[RANK_LEXICAL_GAP]);
        enter(standing_of(&chapter, h->chapter)->cosine, h->f[RANK_COSINE]);
    }
    for (size_t i = 0; i < l->n; i++) {
        fill(&policy, l->v[i].policy, RANK_POLICY_LEXICAL, l->v + i);
        fill(&chapter, l->v[i].chapter, RANK_CHAPTER_LEXICAL, l->v + i);
    }
}
