#include "scenario/hotline/warn.h"

#include "base/date.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t hour_ms = 3600 * 1000LL, day_ms = 24 * 3600 * 1000LL, zone_ms = 8 * 3600000LL;

static size_t weekday(int64_t ms)
{
    return (size_t)(((day_from_ms(ms) % 7) + 10) % 7); /* 1970-01-01 was a Thursday */
}

static size_t hour(int64_t ms)
{
    return (size_t)((ms + zone_ms) / hour_ms % 24);
}

static void level(double *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i] += 1; /* a day on which nothing was written yet is no day without people */
    for (size_t i = 0; i < n; i++)
        v[i] *= (double)n / sum;
}

void warn_season_learn(const struct hot_message *m, size_t n, struct warn_season *out)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < n; i++) {
        out->weekday[weekday(m[i].at)] += 1;
        out->hour[hour(m[i].at)] += 1;
    }
    level(out->weekday, 7);
    level(out->hour, 24);
}

double warn_season_hours(const struct warn_season *s, int64_t from, int64_t to)
{
    double sum = 0;

    for (int64_t at = from; at < to;) {
        int64_t next = (at / hour_ms + 1) * hour_ms;

        next = next < to ? next : to;
        sum += s->weekday[weekday(at)] * s->hour[hour(at)] * (double)(next - at) / (double)hour_ms;
        at = next;
    }
    return sum;
}

/* The upper tail of a Poisson number, numbers and mean measured in units of the spread: people come
 * in little clumps. */
double warn_chance(size_t n, double mean, double spread)
{
    double k = floor((double)n / spread), lambda = mean / spread, term = exp(-lambda), below = 0;

    if (lambda <= 0)
        return n ? 0 : 1;
    for (double i = 0; i < k; i += 1) {
        below += term;
        term *= lambda / (i + 1);
    }
    return below >= 1 ? 0 : 1 - below;
}

struct watch {
    struct arena *mem;
    const struct hot_rules *r;
    struct warn_season season;
    int64_t now, from, span_from;
};

static size_t people_in(const struct hot_issue *x, int64_t from, int64_t to)
{
    size_t people = 0;

    for (size_t i = 0; i < x->n; i++) {
        bool before = false;

        if (x->member[i]->at < from || x->member[i]->at >= to)
            continue;
        for (size_t k = 0; k < i && x->member[i]->user.n && !before; k++)
            before = x->member[k]->at >= from && str_eq(x->member[k]->user, x->member[i]->user);
        people += !before;
    }
    return people;
}

static bool alarming(const struct watch *w, struct hot_issue *x, struct warning *out)
{
    size_t past = people_in(x, w->from, w->span_from);
    double past_hours = warn_season_hours(&w->season, w->from, w->span_from),
           span_hours = warn_season_hours(&w->season, w->span_from, w->now + 1);

    out->people = people_in(x, w->span_from, w->now + 1);
    out->expected =
        w->r->warn.prior + (past_hours > 0 ? (double)past * span_hours / past_hours : 0);
    out->chance = warn_chance(out->people, out->expected, w->r->warn.spread);
    out->issue = *x;
    return out->people >= (size_t)w->r->warn.least_people && out->chance < w->r->warn.chance &&
           (double)out->people >= w->r->warn.times * out->expected;
}

static int least_likely(const void *a, const void *b)
{
    const struct warning *x = a, *y = b;
    double p = (double)x->people / x->expected, q = (double)y->people / y->expected;

    if (p != q)
        return p > q ? -1 : 1;
    return str_cmp(x->issue.name, y->issue.name);
}

/* Over the whole city, wherever it is: water comes to six houses before ten people of one write. */
static size_t recent(struct watch *w, const struct hot_message *m, size_t n,
                     struct hot_message **out)
{
    struct hot_message *v = ARENA_ARRAY(w->mem, struct hot_message, n + 1);
    size_t k = 0;

    for (size_t i = 0; i < n; i++)
        if (m[i].at > w->from && m[i].at <= w->now) {
            v[k] = m[i];
            v[k++].place = STR("");
        }
    *out = v;
    return k;
}

void warn_find(struct arena *a, const struct hot_rules *r, const struct hot_message *m, size_t n,
               int64_t now, struct warning **out, size_t *out_n)
{
    struct watch w = { .mem = a,
                       .r = r,
                       .now = now,
                       .from = now - (int64_t)r->warn.window_days * day_ms,
                       .span_from = now - (int64_t)r->warn.span_hours * hour_ms };
    struct hot_message *v;
    struct hot_issue *x;
    size_t k = recent(&w, m, n, &v), issues, made = 0;

    warn_season_learn(v, k, &w.season);
    hot_find(a, r, v, k, &(struct hot_wish){ .now = now }, &x, &issues);
    *out = ARENA_ARRAY(a, struct warning, issues + 1);
    for (size_t i = 0; i < issues; i++)
        if (alarming(&w, &x[i], &(*out)[made])) {
            struct warning *y = &(*out)[made++];

            y->say =
                arena_printf(a, "%.*s：%d 小时内 %zu 人反映，按以往同一时段约为 %.1f 人",
                             STR_FMT(y->issue.name), r->warn.span_hours, y->people, y->expected);
        }
    if (made)
        qsort(*out, made, sizeof(**out), least_likely);
    *out_n = made;
}
