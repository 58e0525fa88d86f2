/* Telling phrases of an issue: runs of words from its titles that many members hold and that are
 * whole, that is, are not always followed or preceded by the same character. */
#include "scenario/hotline/hot_phrase.h"
#include "base/utf8.h"
#include "text/segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PHRASE_WORDS = 10, /* words of a phrase at most: names fall into single characters */
    PHRASE_CHARS = 12,
    PHRASES_MAX = 8000,
    TITLES = 300, /* members whose titles give phrases: a big issue says the same again */
    NEXT_MAX = 32,
};
static const double bound = 0.6; /* a phrase followed by one character so often is a piece */

static bool in_list(const struct hot_words *w, struct str s)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->v[i], s))
            return true;
    return false;
}

/* Words by ICU, on UTF-8: the comparable form has a unit for a character, so offsets agree as long
 * as no character vanishes; where one does, every character is a word. */
void phrase_cut_words(struct str title, struct phrase_cut *c)
{
    struct arena a = ARENA_INIT;
    struct units u;
    uint8_t *starts;
    size_t chars = 0, all;

    c->text = utf8_head(title, PHRASE_TITLE_CHARS);
    all = utf8_count(c->text);
    u = normal_units(&a, c->text);
    starts = ARENA_ARRAY(&a, uint8_t, u.n + 1);
    segment_starts(u, starts);
    c->n = 0;
    for (size_t at = 0; at < c->text.n; chars++) {
        if (u.n != all || starts[chars])
            c->at[c->n++] = at;
        (void)utf8_next(c->text, &at);
    }
    c->at[c->n] = c->text.n;
    arena_release(&a);
}

bool phrase_is_mark(uint32_t c)
{
    return !(c >= 0x3400 && c < 0xA000) && !(c >= '0' && c <= '9') &&
           !((c | 32) >= 'a' && (c | 32) <= 'z') && c != 0x3007;
}

static uint32_t first_char(struct str s)
{
    size_t at = 0;

    return s.n ? utf8_next(s, &at) : 0;
}

static uint32_t last_char(struct str s)
{
    size_t at = s.n ? utf8_floor(s, s.n - 1) : 0;

    return s.n ? utf8_next(s, &at) : 0;
}

static void add(struct arena *a, struct phrases *p, struct str s, size_t chars)
{
    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->v[i].text, s))
            return;
    if (p->n == PHRASES_MAX)
        return;
    p->v = arena_grow(a, p->v, p->n, &p->cap, sizeof(*p->v));
    p->v[p->n++] = (struct phrase){ .text = s, .chars = chars };
}

/* Runs of words without a mark inside and without an empty word at either end. */
static void of_title(struct arena *a, const struct hot_rules *r, struct str title,
                     struct phrases *p)
{
    struct phrase_cut c;

    phrase_cut_words(title, &c);
    for (size_t i = 0; i < c.n; i++)
        for (size_t k = i; k < c.n && k < i + PHRASE_WORDS; k++) {
            struct str first = str_sub(c.text, c.at[i], c.at[i + 1] - c.at[i]),
                       last = str_sub(c.text, c.at[k], c.at[k + 1] - c.at[k]),
                       s = str_sub(c.text, c.at[i], c.at[k + 1] - c.at[i]);
            size_t chars = utf8_count(s);

            if (phrase_is_mark(first_char(last)) || chars > PHRASE_CHARS)
                break;
            if (chars >= 2 && !in_list(&r->stop, first) && !in_list(&r->stop, last) &&
                !in_list(&r->leading, first))
                add(a, p, s, chars);
        }
}

/* -- is it whole? -- */

struct beside { /* the characters beside a phrase, and how often each stands there */
    uint32_t c[NEXT_MAX], count[NEXT_MAX];
    size_t n, all;
};

static void beside_add(struct beside *b, uint32_t c)
{
    size_t i = 0;

    b->all++;
    if (!c || phrase_is_mark(c))
        return;
    while (i < b->n && b->c[i] != c)
        i++;
    if (i == NEXT_MAX)
        return;
    if (i == b->n) {
        b->c[i] = c;
        b->count[i] = 0;
        b->n++;
    }
    b->count[i]++;
}

static bool bound_to_one(const struct beside *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->count[i] > 1 && b->count[i] > bound * (double)b->all)
            return true;
    return false;
}

static bool look(struct str text, struct str s, struct beside *left, struct beside *right)
{
    size_t at = str_find(text, s);

    if (at == SIZE_MAX)
        return false;
    beside_add(left, last_char(str_sub(text, 0, at)));
    beside_add(right, first_char(str_from(text, at + s.n)));
    return true;
}

static bool weigh(const struct hot_issue *x, const struct hot_near *near, struct phrase *f)
{
    struct beside left = { 0 }, right = { 0 };
    struct arena a = ARENA_INIT;
    struct gram *g;
    size_t n;
    double telling = 0;

    for (size_t m = 0; m < x->n; m++) {
        bool in = look(x->member[m]->title, f->text, &left, &right);

        if (look(x->member[m]->text, f->text, &left, &right) || in)
            f->count++;
    }
    n = grams_of(&a, normal_units(&a, f->text), PHRASE_CHARS, &g);
    for (size_t i = 0; i < n; i++)
        telling += hot_telling(near, g[i].key);
    f->worth = (double)f->count / (double)x->n * sqrt((double)f->chars - 1) *
               (0.3 + (n ? telling / (double)n : 0));
    arena_release(&a);
    return f->count * 20 >= x->n && (f->count > 1 || x->n < 3) && !bound_to_one(&left) &&
           !bound_to_one(&right);
}

static int worthiest(const void *a, const void *b)
{
    const struct phrase *x = a, *y = b;

    if (x->worth != y->worth)
        return x->worth > y->worth ? -1 : 1;
    return str_cmp(x->text, y->text);
}

void phrases_find(struct arena *a, const struct hot_rules *r, const struct hot_near *near,
                  const struct hot_issue *x, struct phrases *p)
{
    size_t step = (x->n + TITLES - 1) / TITLES, k = 0;

    for (size_t i = 0; i < x->n; i += step)
        of_title(a, r, x->member[i]->title, p);
    for (size_t i = 0; i < p->n; i++)
        if (weigh(x, near, &p->v[i]))
            p->v[k++] = p->v[i];
    p->n = k;
    if (k)
        qsort(p->v, k, sizeof(*p->v), worthiest);
}

/* Longest common part, in bytes. */
static size_t common(struct str a, struct str b)
{
    size_t most = 0;

    for (size_t i = 0; i < a.n; i++)
        for (size_t k = 0; k < b.n; k++) {
            size_t n = 0;

            while (i + n < a.n && k + n < b.n && a.p[i + n] == b.p[k + n])
                n++;
            most = n > most ? n : most;
        }
    return most;
}

static bool said_already(const struct hot_issue *x, struct str s)
{
    for (size_t i = 0; i < x->phrase_n; i++) {
        size_t less = x->phrase[i].text.n < s.n ? x->phrase[i].text.n : s.n;

        if (common(x->phrase[i].text, s) * 5 >= less * 3)
            return true;
    }
    return false;
}

void phrases_choose(struct hot_issue *x, const struct phrases *p)
{
    for (size_t i = 0; i < p->n && x->phrase_n < HOT_PHRASES; i++)
        if (!said_already(x, p->v[i].text))
            x->phrase[x->phrase_n++] = (struct hot_phrase){ p->v[i].text, p->v[i].count };
}
