#include "scenario/hotline/hot_int.h"

#include <stdlib.h>
#include <string.h>

enum { SPANS_MAX = 4 };

/* The order that does not depend on the input's: by time, then by what is said. */
static int by_content(const void *a, const void *b)
{
    const struct hot_message *x = *(const struct hot_message *const *)a,
                             *y = *(const struct hot_message *const *)b;
    int c;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if ((c = str_cmp(x->title, y->title)) || (c = str_cmp(x->text, y->text)) ||
        (c = str_cmp(x->user, y->user)))
        return c;
    return (x->id > y->id) - (x->id < y->id);
}

static int by_user(const void *a, const void *b)
{
    return str_cmp((*(const struct hot_message *const *)a)->user,
                   (*(const struct hot_message *const *)b)->user);
}

/* Who has no name counts as one person each. */
static size_t people_in(struct arena *a, const struct hot_message *const *m, size_t n)
{
    const struct hot_message **by = ARENA_ARRAY(a, const struct hot_message *, n + 1);
    size_t people = 0;

    memcpy(by, m, n * sizeof(*by));
    qsort(by, n, sizeof(*by), by_user);
    for (size_t i = 0; i < n; i++)
        people += i == 0 || !by[i]->user.n || !str_eq(by[i]->user, by[i - 1]->user);
    return people;
}

/* The members of a group whose time lies in [from, to). */
static size_t people_between(struct arena *a, const struct hot_issue *x, int64_t from, int64_t to)
{
    size_t i = 0, k;

    while (i < x->n && x->member[i]->at < from)
        i++;
    for (k = i; k < x->n && x->member[k]->at < to;)
        k++;
    return people_in(a, x->member + i, k - i);
}

static void peak(struct arena *a, struct hot_issue *x, int64_t span)
{
    for (size_t i = 0; i < x->n; i++) {
        int64_t from = x->member[i]->at;
        size_t p = people_between(a, x, from, from + span);

        if (p > x->peak_people) {
            x->peak_people = p;
            x->peak_from = from;
        }
    }
}

static bool strong(const struct hot_rules *r, const struct hot_message *m)
{
    for (size_t i = 0; i < r->strong.n; i++)
        if (str_has(m->title, r->strong.v[i]) || str_has(m->text, r->strong.v[i]))
            return true;
    return false;
}

static void warm(const struct hot_rules *r, struct hot_issue *x)
{
    double v[HOT_PARTS] = { (double)x->people,      (double)x->n, (double)x->votes,
                            (double)x->peak_people, x->growth,    x->mood * 100 };

    x->heat = 0;
    for (size_t i = 0; i < HOT_PARTS; i++) {
        double up = v[i] > 0 ? v[i] : 0;

        x->value[i] = v[i];
        x->points[i] = r->part[i].weight * up / (up + r->part[i].half);
        x->heat += x->points[i];
    }
}

static void measure(const struct hot_rules *r, struct hot_issue *x, int64_t now, int64_t since)
{
    struct arena a = ARENA_INIT;
    int64_t span = (int64_t)r->recent_days * 24 * 3600 * 1000;
    size_t angry = 0;

    x->first = x->member[0]->at;
    x->last = x->member[x->n - 1]->at;
    x->people = people_in(&a, x->member, x->n);
    peak(&a, x, span);
    x->recent = people_between(&a, x, now - span + 1, now + 1);
    x->spans = now - span <= since ? 0 : (size_t)((now - span - since) / span);
    x->spans = x->spans < SPANS_MAX ? x->spans : SPANS_MAX;
    if (x->spans) {
        int64_t past = (int64_t)x->spans * span;

        x->before = people_between(&a, x, now - span - past + 1, now - span + 1);
        x->growth = ((double)x->recent + 1) / ((double)x->before / (double)x->spans + 1) - 1;
    }
    for (size_t i = 0; i < x->n; i++) {
        x->votes += x->member[i]->up + x->member[i]->down;
        angry += strong(r, x->member[i]);
    }
    x->mood = (double)angry / (double)x->n;
    warm(r, x);
    arena_release(&a);
}

static int hottest(const void *a, const void *b)
{
    const struct hot_issue *x = a, *y = b;

    if (x->heat != y->heat)
        return x->heat > y->heat ? -1 : 1;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return by_content(&x->member[0], &y->member[0]);
}

static const struct hot_message **in_order(struct arena *a, const struct hot_message *m, size_t n)
{
    const struct hot_message **by = ARENA_ARRAY(a, const struct hot_message *, n + 1);

    for (size_t i = 0; i < n; i++)
        by[i] = &m[i];
    qsort(by, n, sizeof(*by), by_content);
    return by;
}

static size_t issues(struct arena *a, const struct hot_message **by, size_t n,
                     const struct hot_rules *r, struct hot_near *near, struct hot_issue **out)
{
    struct arena tmp = ARENA_INIT;
    uint32_t *group = ARENA_ARRAY(&tmp, uint32_t, n + 1);
    struct hot_issue *x;
    size_t made;

    hot_near_find(&tmp, by, n, near);
    made = hot_group(&tmp, near, n, r->join, group);
    made = hot_join(by, near, n, made, r->join, group);
    x = ARENA_ARRAY(a, struct hot_issue, made + 1);
    for (size_t i = 0; i < n; i++)
        x[group[i]].n++;
    for (size_t g = 0; g < made; g++) {
        x[g].member = ARENA_ARRAY(a, const struct hot_message *, x[g].n);
        x[g].n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct hot_issue *at = &x[group[i]];

        at->member[at->n++] = by[i];
    }
    arena_release(&tmp);
    *out = x;
    return made;
}

void hot_find(struct arena *a, const struct hot_rules *r, const struct hot_message *m, size_t n,
              const struct hot_wish *w, struct hot_issue **out, size_t *out_n)
{
    const struct hot_message **by = in_order(a, m, n);
    struct hot_issue *x = NULL;
    struct hot_near near = { 0 };
    size_t made = n ? issues(a, by, n, r, &near, &x) : 0, k = 0;
    int64_t now = w->now ? w->now
                  : n    ? by[n - 1]->at
                         : 0,
            since = w->since ? w->since
                    : n      ? by[0]->at
                             : 0;

    for (size_t i = 0; i < made; i++) {
        measure(r, &x[i], now, since);
        if (x[i].people >= (size_t)r->least_people)
            x[k++] = x[i];
    }
    if (k)
        qsort(x, k, sizeof(*x), hottest);
    if (w->top && k > w->top)
        k = w->top;
    for (size_t i = 0; i < k; i++)
        hot_describe(a, r, &near, &x[i]);
    hot_near_release(&near);
    *out = x;
    *out_n = k;
}
