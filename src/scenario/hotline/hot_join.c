#include "base/alloc.h"
#include "base/date.h"
#include "scenario/hotline/hot_int.h"

#include <stdlib.h>
#include <string.h>

enum { BURST_LEAST = 8, BURST_DAYS = 7, BURSTS_MAX = 200 };
static const double burst_share = 0.5, boost = 6.0;

struct days { /* how many messages of a group on each day from `first` */
    int32_t first, n;
    uint32_t *count;
    size_t all;
};
struct joiner {
    const struct hot_message *const *m;
    const struct hot_near *near;
    size_t n, groups;
    double join;
    uint32_t *group, *into;
    struct days *days;
    uint32_t *burst;
    size_t burst_n;
    double *sum; /* of nearness to each group */
};

static void count_days(struct joiner *j)
{
    for (size_t i = 0; i < j->n; i++) {
        struct days *d = &j->days[j->group[i]];
        int32_t day = day_from_ms(j->m[i]->at);

        /* messages are in the order of time */
        if (!d->all++)
            d->first = day;
        d->n = day - d->first + 1;
    }
    for (size_t g = 0; g < j->groups; g++)
        if (j->days[g].n > 0)
            j->days[g].count = tb_zalloc((size_t)j->days[g].n * sizeof(uint32_t));
    for (size_t i = 0; i < j->n; i++) {
        struct days *d = &j->days[j->group[i]];

        d->count[day_from_ms(j->m[i]->at) - d->first]++;
    }
}

static bool is_burst(const struct days *d)
{
    size_t in = 0, most = 0;

    for (int32_t i = 0; i < d->n; i++) {
        in += d->count[i];
        if (i >= BURST_DAYS)
            in -= d->count[i - BURST_DAYS];
        most = in > most ? in : most;
    }
    return d->all >= BURST_LEAST && (double)most >= burst_share * (double)d->all;
}

static uint32_t on(const struct days *d, int32_t day)
{
    return day < d->first || day >= d->first + d->n ? 0 : d->count[day - d->first];
}

/* 0..1: how far the days of b are days of a, a day early or late being near enough. */
static double agree(const struct days *a, const struct days *b)
{
    double in = 0;

    for (int32_t i = 0; i < b->n; i++) {
        int32_t day = b->first + i;
        double here = (on(a, day - 1) + on(a, day) + on(a, day + 1)) / (double)a->all,
               there = b->count[i] / (double)b->all;

        in += here < there ? here : there;
    }
    return in > 1 ? 1 : in;
}

/* Mean nearness of group g to every group, in j->sum. */
static void sum_of(struct joiner *j, uint32_t g)
{
    memset(j->sum, 0, j->groups * sizeof(*j->sum));
    for (size_t i = 0; i < j->n; i++)
        for (uint32_t k = 0; j->group[i] == g && k < j->near->n[i]; k++) {
            struct hot_edge e = j->near->edge[i][k];

            j->sum[j->group[e.to]] += e.near - HOT_FAR;
        }
}

static void absorb(struct joiner *j, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < j->n; i++)
        if (j->group[i] == b)
            j->group[i] = a;
    for (size_t g = 0; g < j->groups; g++) {
        tb_free(j->days[g].count);
        j->days[g] = (struct days){ 0 };
    }
    count_days(j);
}

/* The group that is most at one with the burst g, if any is enough. */
static bool best_for(struct joiner *j, uint32_t g, uint32_t *found)
{
    double most = j->join;
    bool any = false;

    sum_of(j, g);
    for (uint32_t o = 0; o < j->groups; o++) {
        const struct days *d = &j->days[o];
        double near;

        if (o == g || !d->all || j->sum[o] <= 0)
            continue;
        near = j->sum[o] / ((double)d->all * (double)j->days[g].all) + HOT_FAR;
        near *= 1 + boost * agree(&j->days[g], d);
        if (near >= most) {
            most = near;
            *found = o;
            any = true;
        }
    }
    return any;
}

static size_t number_again(struct joiner *j)
{
    uint32_t *number = j->into;
    size_t made = 0;

    memset(number, 0xff, j->groups * sizeof(*number));
    for (size_t i = 0; i < j->n; i++) {
        if (number[j->group[i]] == UINT32_MAX)
            number[j->group[i]] = (uint32_t)made++;
        j->group[i] = number[j->group[i]];
    }
    return made;
}

size_t hot_join(const struct hot_message *const *m, const struct hot_near *near, size_t n,
                size_t groups, double join, uint32_t *group)
{
    struct arena a = ARENA_INIT;
    struct joiner j = { .m = m,
                        .near = near,
                        .n = n,
                        .groups = groups,
                        .join = join,
                        .group = group,
                        .into = ARENA_ARRAY(&a, uint32_t, groups + 1),
                        .days = ARENA_ARRAY(&a, struct days, groups + 1),
                        .burst = ARENA_ARRAY(&a, uint32_t, groups + 1),
                        .sum = ARENA_ARRAY(&a, double, groups + 1) };
    size_t made;

    count_days(&j);
    for (uint32_t g = 0; g < groups && j.burst_n < BURSTS_MAX; g++)
        if (is_burst(&j.days[g]))
            j.burst[j.burst_n++] = g;
    for (size_t i = 0; i < j.burst_n; i++) {
        uint32_t other;

        while (j.days[j.burst[i]].all && best_for(&j, j.burst[i], &other))
            absorb(&j, j.burst[i], other);
    }
    for (size_t g = 0; g < groups; g++)
        tb_free(j.days[g].count);
    made = number_again(&j);
    arena_release(&a);
    return made;
}
