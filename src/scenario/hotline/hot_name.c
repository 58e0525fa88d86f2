/* A name as a person would give it: the title among the members' own that says most of what the
 * others say too, in few words, without 投诉 before it and 怎么办 behind it; and the place where it
 * happens, if the title does not hold it. */
#include "base/date.h"
#include "base/utf8.h"
#include "scenario/hotline/hot_phrase.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_CHARS = 32, PLACES_NAMED = 2, GOOD_CHARS = 22 };

/* -- the place -- */

struct tally { /* known places of the members, most named first */
    struct str name;
    size_t count;
};

static int most_named(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;

    return x->count != y->count ? (x->count > y->count ? -1 : 1) : str_cmp(x->name, y->name);
}

static size_t known_places(struct arena *a, const struct hot_issue *x, struct tally **out)
{
    struct tally *t = ARENA_ARRAY(a, struct tally, x->n + 1);
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++) {
        size_t k = 0;

        if (!x->member[i]->place.n)
            continue;
        while (k < n && !str_eq(t[k].name, x->member[i]->place))
            k++;
        if (k == n)
            t[n++].name = x->member[i]->place;
        t[k].count++;
    }
    if (n)
        qsort(t, n, sizeof(*t), most_named);
    *out = t;
    return n;
}

static bool ends_in(const struct hot_words *tails, struct str s)
{
    for (size_t i = 0; i < tails->n; i++)
        if (str_ends(s, tails->v[i]) && s.n > tails->v[i].n)
            return true;
    return false;
}

/* The place phrase that most name: of two nearly equal ones the longer. */
static struct str guessed_place(const struct hot_rules *r, const struct hot_issue *x,
                                const struct phrases *p)
{
    struct str best = STR("");
    double most = 0;

    for (size_t i = 0; i < p->n; i++) {
        const struct phrase *f = &p->v[i];
        double worth = (double)f->count * sqrt((double)f->chars);

        if (f->chars > 2 && f->count * 3 >= x->n && worth > most &&
            ends_in(&r->place_tails, f->text) && !ends_in(&r->wide_tails, f->text)) {
            most = worth;
            best = f->text;
        }
    }
    return best;
}

/* Does the title say where, in words of its own? */
static bool says_where(const struct hot_rules *r, struct str title)
{
    struct phrase_cut c;

    phrase_cut_words(title, &c);
    for (size_t k = 1; k <= c.n; k++) {
        struct str s = str_sub(c.text, 0, c.at[k]);

        if (ends_in(&r->place_tails, s) || ends_in(&r->wide_tails, s))
            return true;
    }
    return false;
}

/* -- the title -- */

static bool strip_front(const struct hot_rules *r, struct str *s)
{
    size_t at = 0;

    for (size_t i = 0; i < r->leading.n; i++)
        if (str_starts(*s, r->leading.v[i]) && s->n > r->leading.v[i].n + 9) {
            *s = str_from(*s, r->leading.v[i].n);
            return true;
        }
    if (s->n && phrase_is_mark(utf8_next(*s, &at))) {
        *s = str_from(*s, at);
        return true;
    }
    return false;
}

static bool strip_back(const struct hot_rules *r, struct str *s)
{
    size_t last = s->n ? utf8_floor(*s, s->n - 1) : 0, at = last;

    if (s->n && phrase_is_mark(utf8_next(*s, &at))) {
        *s = str_sub(*s, 0, last);
        return true;
    }
    for (size_t i = 0; i < r->trailing.n; i++)
        if (str_ends(*s, r->trailing.v[i]) && s->n > r->trailing.v[i].n + 9) {
            *s = str_sub(*s, 0, s->n - r->trailing.v[i].n);
            return true;
        }
    return false;
}

static struct str strip(const struct hot_rules *r, struct str s)
{
    s = str_trim(s);
    while (strip_front(r, &s))
        ;
    while (strip_back(r, &s))
        ;
    return s;
}

/* Without the place that the source knows: what is left is what happens there. */
static struct str without_place(struct arena *a, const struct hot_message *m)
{
    size_t at = m->place.n ? str_find(m->title, m->place) : SIZE_MAX;

    if (at == SIZE_MAX)
        return m->title;
    return arena_printf(a, "%.*s%.*s", (int)at, m->title.p,
                        STR_FMT(str_from(m->title, at + m->place.n)));
}

struct share { /* of the members hold this piece */
    uint32_t key;
    uint32_t n;
};

static int by_key(const void *a, const void *b)
{
    const struct share *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

/* The pieces of all titles, each with the number of titles that hold it. */
static size_t shares_of(struct arena *a, const struct hot_issue *x, struct share **out)
{
    struct share *v = NULL;
    size_t n = 0, cap = 0, k = 0;

    for (size_t i = 0; i < x->n; i++) {
        struct gram *g;
        size_t gn = grams_of(a, normal_units(a, x->member[i]->title), PHRASE_TITLE_CHARS, &g);

        for (size_t m = 0; m < gn; m++) {
            v = arena_grow(a, v, n, &cap, sizeof(*v));
            v[n++] = (struct share){ g[m].key, 1 };
        }
    }
    if (n)
        qsort(v, n, sizeof(*v), by_key);
    for (size_t i = 0; i < n; i++) {
        if (k && v[k - 1].key == v[i].key)
            v[k - 1].n++;
        else
            v[k++] = v[i];
    }
    *out = v;
    return k;
}

struct titles {
    const struct hot_near *near;
    struct share *share;
    size_t n, members;
};

/* How much of what all say this title says, per character. */
static double title_worth(struct arena *a, const struct titles *t, struct str title)
{
    struct gram *g;
    size_t n = grams_of(a, normal_units(a, title), PHRASE_TITLE_CHARS, &g),
           chars = utf8_count(title);
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        struct share key = { g[i].key, 0 }, *s = bsearch(&key, t->share, t->n, sizeof(key), by_key);

        if (s && s->n > 1)
            sum += (double)s->n / (double)t->members * (0.5 + hot_telling(t->near, g[i].key));
    }
    return sum /
           pow(6.0 + (double)chars + (chars > GOOD_CHARS ? (double)(chars - GOOD_CHARS) : 0), 0.8);
}

static void choose_title(struct arena *a, const struct hot_rules *r, const struct hot_near *near,
                         bool placeless, struct hot_issue *x)
{
    struct arena tmp = ARENA_INIT;
    struct titles t = { .near = near, .members = x->n };
    double most = -1;

    t.n = shares_of(&tmp, x, &t.share);
    for (size_t i = 0; i < x->n; i++) {
        const struct hot_message *m = x->member[i];
        struct str s = strip(r, placeless ? without_place(&tmp, m) : m->title);
        /* what many put their names to says it best */
        double w = title_worth(&tmp, &t, s) * (1 + log10(1 + (double)(m->up + m->down)) / 4);

        /* of many places no single one */
        if (placeless && says_where(r, s))
            w /= 2;
        if (s.n && w > most) {
            most = w;
            x->best = i;
            x->name = s;
        }
    }
    x->name = arena_str(a, utf8_head(x->name, NAME_CHARS));
    arena_release(&tmp);
}

static struct str places_text(struct arena *a, const struct hot_issue *x, const struct tally *t,
                              size_t n)
{
    size_t many = 0;

    for (size_t i = 0; i < n; i++)
        many += t[i].count * 20 >= x->n;
    if (t[0].count * 10 >= x->n * 7 || many < 2)
        return t[0].name;
    return arena_printf(a, "%.*s、%.*s%s", STR_FMT(t[0].name), STR_FMT(t[1].name),
                        many > PLACES_NAMED ? "等地" : "");
}

static void name_it(struct arena *a, const struct hot_rules *r, const struct hot_near *near,
                    struct hot_issue *x, const struct phrases *p)
{
    struct tally *t;
    size_t known = known_places(a, x, &t), at;
    bool several = known > 1 && t[0].count * 10 < x->n * 7;

    choose_title(a, r, near, several, x);
    x->place = known ? places_text(a, x, t, known) : guessed_place(r, x, p);
    at = x->place.n ? str_find(x->name, x->place) : SIZE_MAX;
    x->subject = at == SIZE_MAX ? x->name : strip(r, str_from(x->name, at + x->place.n));
    if (x->subject.n < 6)
        x->subject = x->name;
    if (x->place.n && at == SIZE_MAX && (known || !says_where(r, x->name)))
        x->name = arena_printf(a, "%.*s：%.*s", STR_FMT(x->place), STR_FMT(x->name));
}

/* -- why -- */

static void say_day(struct buf *b, int64_t ms)
{
    char day[16];

    buf_add(b, day_text(day_from_ms(ms), day));
}

static void say_why(struct arena *a, const struct hot_rules *r, struct hot_issue *x)
{
    struct buf b = BUF_INIT(8192);

    say_day(&b, x->first);
    buf_addz(&b, " 至 ");
    say_day(&b, x->last);
    buf_addf(&b, "，%zu 人反映 %zu 件", x->people, x->n);
    if (x->votes)
        buf_addf(&b, "，%lld 人次表态", (long long)x->votes);
    buf_addz(&b, "；最集中时（");
    say_day(&b, x->peak_from);
    buf_addf(&b, " 起 %d 天）有 %zu 人。", r->recent_days, x->peak_people);
    if (x->phrase_n)
        buf_addz(&b, "说得最多的是");
    for (size_t i = 0; i < x->phrase_n && i < 4; i++)
        buf_addf(&b, "%s“%.*s”（%zu 件）", i ? "、" : "", STR_FMT(x->phrase[i].text),
                 x->phrase[i].count);
    buf_addf(&b, "%s近 %d 天 %zu 人", x->phrase_n ? "。" : "", r->recent_days, x->recent);
    if (x->spans)
        buf_addf(&b, "，此前平均每 %d 天 %.1f 人", r->recent_days,
                 (double)x->before / (double)x->spans);
    buf_addf(&b, "；%.0f%% 措辞强烈。", x->mood * 100);
    x->why = arena_buf(a, &b);
}

void hot_describe(struct arena *a, const struct hot_rules *r, const struct hot_near *near,
                  struct hot_issue *x)
{
    struct phrases p = { 0 };

    phrases_find(a, r, near, x, &p);
    phrases_choose(x, &p);
    name_it(a, r, near, x, &p);
    say_why(a, r, x);
}
