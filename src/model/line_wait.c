#include "model/line_int.h"

#define LEAST 0.01 /* places */
enum { MARGIN = 5 /* the part of a limit that is kept in hand */ };

static int places_in(const struct line *l, uint64_t servers)
{
    int n = 0;

    for (int i = 0; i < LINE_SERVERS; i++)
        if (servers >> i & 1 && l->servers[i].open)
            n += l->servers[i].places;
    return n;
}

static double service_in(const struct line *l, uint64_t servers, enum priority p)
{
    double sum = 0;
    int n = 0;

    for (int i = 0; i < LINE_SERVERS; i++)
        if (servers >> i & 1) {
            sum += (double)line_service_of(&l->servers[i], p);
            n++;
        }
    return n ? sum / n : LINE_GUESS_US;
}

/* Places that are left to class p: what the more urgent do not use, and the less urgent only up to
 * their share. Of two figures of use the larger: a lull does not let in more than there is room
 * for. */
static double left_at(const struct line *l, const struct line_server *s, enum priority p)
{
    double left = s->places;

    for (enum priority o = 0; o < PRIORITY_COUNT; o++) {
        double share = s->places * l->classes[o].share / 100.0;
        double use = s->of[o].use > s->of[o].long_use ? s->of[o].use : s->of[o].long_use;

        if (o < p)
            left -= use;
        else if (o > p)
            left -= use < share ? use : share;
    }
    return left;
}

/* The work that stands before somebody of class p, in place-microseconds: of its own class, and of
 * those more urgent. */
struct ahead {
    double own, urgent;
    int position;
};
static struct ahead work_ahead(const struct line *l, enum priority p, uint64_t servers)
{
    struct ahead a = { .position = 1 };
    int places = places_in(l, servers);

    for (size_t i = 0; i < l->queue_n; i++) {
        const struct line_queue *q = &l->queues[i];
        int theirs = places_in(l, q->servers), common = places_in(l, q->servers & servers);
        double work;

        if (q->priority > p || !(q->servers & servers))
            continue;
        work = (double)q->n * service_in(l, q->servers & servers, q->priority) *
               (theirs && places ? (double)common / theirs : 1);
        if (q->priority == p)
            a.position += (int)q->n;
        *(q->priority == p ? &a.own : &a.urgent) += work;
    }
    return a;
}

static int64_t until_open(const struct line *l, uint64_t servers, int64_t now)
{
    int64_t wait = INT64_MAX;

    for (int i = 0; i < LINE_SERVERS; i++) {
        const struct line_server *s = &l->servers[i];
        int64_t left = s->open ? 0 : s->opens_us > now ? s->opens_us - now : INT64_MAX;

        if (servers >> i & 1 && left < wait)
            wait = left;
    }
    return wait;
}

static double at_least(double places)
{
    return places > LEAST ? places : LEAST;
}

/* A guess may be wrong by as much as it is long: some of the limit is kept in hand. */
int64_t line_reach_us(int64_t limit_us)
{
    return limit_us - limit_us / MARGIN;
}

/* Its share is sure, whatever the others want. It may be faster: as fast as the places that are
 * left to it, but no faster than all of them can do what stands before it now. */
int64_t line_expect_us(struct line *l, enum priority p, uint64_t servers, int64_t now,
                       int *position)
{
    struct ahead ahead = work_ahead(l, p, servers);
    double left = 0, share = 0, saved = 0, places = 0, most = 0,
           first = service_in(l, servers, PRIORITY_COUNT), sure, steady, burst, likely;
    int64_t closed = until_open(l, servers, now);
    bool some = false, below = line_below_ceiling(l, p, servers);

    *position = ahead.position;
    for (int i = 0; i < LINE_SERVERS; i++) {
        struct line_server *s = &l->servers[i];

        if (!(servers >> i & 1) || (closed == 0 && !s->open))
            continue;
        line_catch_up(l, s, now);
        some |= below && (line_place_free(l, i) || !s->places);
        left += left_at(l, s, p);
        places += s->places;
        most += s->places * l->classes[p].ceiling / 100.0;
        share += s->places * l->classes[p].share / 100.0;
        saved += s->of[p].credit > 0 ? s->of[p].credit : 0;
    }
    if (closed == INT64_MAX || (some && ahead.position == 1))
        return closed;
    most = most > 1 ? most : 1;
    left = left < most ? left : most;
    saved = saved < ahead.own + first ? saved : ahead.own + first;
    sure = (ahead.own + first - saved) / at_least(share) + first / at_least(places);
    steady = (ahead.own + first) / at_least(left);
    burst = (ahead.own + ahead.urgent + first) / at_least(places);
    likely = steady > burst ? steady : burst;
    return closed + (int64_t)(sure < likely ? sure : likely);
}
