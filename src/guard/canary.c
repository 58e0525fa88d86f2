#include "guard/canary.h"

#include "base/utf8.h"
#include "text/normal.h"

#include <stdlib.h>
#include <string.h>

void canary_make(const struct world *w, struct canary *out)
{
    static const char digits[] = "bcdfghjkmnpqrstvwxyz23456789bcdf"; /* 32, no vowels: no words */
    unsigned char random[CANARY_CHARS];

    world_random(w, random, sizeof(random));
    for (size_t i = 0; i < CANARY_CHARS; i++)
        out->word[i] = digits[random[i] % 32];
    out->word[CANARY_CHARS] = 0;
}

/* Its comparable characters in order; others are not there. */
static struct units letters_of(struct arena *a, struct str s)
{
    struct units u = normal_units(a, s);
    uint16_t *out = arena_alloc(a, (u.n + 1) * sizeof(*out));
    size_t n = 0;

    for (size_t i = 0; i < u.n; i++)
        if (unit_is_han(u.c[i]) || unit_is_word(u.c[i]))
            out[n++] = u.c[i];
    return (struct units){ out, n };
}

static uint64_t hash_run(const uint16_t *c, size_t from, size_t ring)
{
    uint64_t h = 14695981039346656037U;

    for (size_t i = 0; i < CANARY_RUN; i++)
        h = (h ^ c[(from + i) % ring]) * 1099511628211U;
    return h;
}

static int by_hash(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

    return (a > b) - (a < b);
}

void canary_watch_begin(struct canary_watch *w, const struct canary *c, struct str prompt)
{
    struct arena a = ARENA_INIT;
    struct str rest = prompt;
    struct units u = letters_of(&a, str_cut(&rest, STR("\n\n")));

    *w = (struct canary_watch){ .canary = *c };
    for (size_t i = 0; i + CANARY_RUN <= u.n && w->run_n < CANARY_RUNS; i++)
        w->runs[w->run_n++] = hash_run(u.c, i, u.n);
    if (w->run_n)
        qsort(w->runs, w->run_n, sizeof(w->runs[0]), by_hash);
    arena_release(&a);
}

/* The word, or the word backwards, ends here. */
static bool says_word(const struct canary_watch *w)
{
    bool there = true, back = true;

    for (size_t i = 0; i < CANARY_CHARS; i++) {
        char c = w->letters[(w->letter_n + i) % CANARY_CHARS];

        there &= c == w->canary.word[i];
        back &= c == w->canary.word[CANARY_CHARS - 1 - i];
    }
    return w->letter_n >= CANARY_CHARS && (there || back);
}

static bool recites(const struct canary_watch *w)
{
    uint64_t h;

    if (w->last_n < CANARY_RUN || w->run_n == 0)
        return false;
    h = hash_run(w->last, w->last_n % CANARY_RUN, CANARY_RUN);
    return bsearch(&h, w->runs, w->run_n, sizeof(h), by_hash) != NULL;
}

bool canary_watch_feed(struct canary_watch *w, struct str delta)
{
    struct arena a = ARENA_INIT;
    struct units u = letters_of(&a, delta);

    for (size_t i = 0; i < u.n && !w->leaked; i++) {
        if (u.c[i] < 128) {
            w->letters[w->letter_n++ % CANARY_CHARS] = (char)u.c[i];
            w->leaked = says_word(w);
        }
        w->last[w->last_n++ % CANARY_RUN] = u.c[i];
        w->leaked = w->leaked || recites(w);
    }
    arena_release(&a);
    return w->leaked;
}
