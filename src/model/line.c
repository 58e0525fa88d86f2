#include "model/line_int.h"

#include "base/alloc.h"

#include <assert.h>
#include <string.h>

enum {
    LEARN = 50,
    USE_MIN_US = 5000000, /* over how long the use of places is looked at */
    USE_MAX_US = 120000000,
    LONGER = 8,
    BURST = 2,  /* services that a class may have saved up for each of its places */
    AHEAD = 8,  /* how many of a class are looked at for the one that fits best */
    PASSED = 4, /* how often one may be passed over by a better fit */
    BEGIN = 8
};

struct line *line_new(const struct line_class classes[PRIORITY_COUNT])
{
    struct line *l = tb_zalloc(sizeof(*l));

    line_classes(l, classes);
    return l;
}

void line_free(struct line *l)
{
    if (l)
        tb_free(l->queues);
    tb_free(l);
}

void line_classes(struct line *l, const struct line_class classes[PRIORITY_COUNT])
{
    memcpy(l->classes, classes, sizeof(l->classes));
}

void line_server(struct line *l, int server, int places, bool open, int64_t opens_us)
{
    struct line_server *s = &l->servers[server];

    s->places = places;
    s->open = open;
    s->opens_us = opens_us;
}

int64_t line_service_of(const struct line_server *s, enum priority p)
{
    if (p < PRIORITY_COUNT && s->of[p].service.known)
        return s->of[p].service.us;
    return s->service.known ? s->service.us : LINE_GUESS_US;
}

int64_t line_service_us(const struct line *l, int server)
{
    return line_service_of(&l->servers[server], PRIORITY_COUNT);
}

int line_holding(const struct line *l, enum priority p)
{
    int n = 0;

    for (int i = 0; i < LINE_SERVERS; i++)
        n += l->servers[i].of[p].running;
    return n;
}

int line_running(const struct line *l, int server)
{
    return l->servers[server].running;
}

bool line_full(const struct line *l)
{
    size_t n = 0;

    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        n += l->waiting[p];
    return n >= LINE_MAX;
}

size_t line_waiting(const struct line *l, enum priority p)
{
    return l->waiting[p];
}

/* ---- shares ---- */

static double credit_max(const struct line *l, const struct line_server *s, enum priority p)
{
    double places = s->places * l->classes[p].share / 100.0;

    return BURST * (places > 1 ? places : 1) * (double)line_service_of(s, p);
}

/* What follows `now` over so much time; a young figure is the mean of all there was. */
static void follow(double *figure, double now, double dt, double over, double age)
{
    *figure += (now - *figure) * dt / (dt + (age < over ? age : over));
}

/* Brings a server's figures up to now: shares grow with time, use follows what runs. */
void line_catch_up(const struct line *l, struct line_server *s, int64_t now)
{
    double dt = (double)(now - s->at_us);
    double over = 4.0 * (double)line_service_of(s, PRIORITY_COUNT);

    if (dt <= 0)
        return;
    over = over < USE_MIN_US ? USE_MIN_US : over > USE_MAX_US ? USE_MAX_US : over;
    for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
        double most = credit_max(l, s, p);

        s->of[p].credit += dt * s->places * l->classes[p].share / 100.0;
        if (s->of[p].credit > most)
            s->of[p].credit = most;
        follow(&s->of[p].use, s->of[p].running, dt, over, s->age_us);
        follow(&s->of[p].long_use, s->of[p].running, dt, LONGER * over, s->age_us);
    }
    if (s->running)
        s->age_us += dt;
    s->at_us = now;
}

int64_t line_begin(struct line *l, int server, enum priority p, int64_t now)
{
    struct line_server *s = &l->servers[server];
    int64_t charged = 0;

    line_catch_up(l, s, now);
    if (s->of[p].credit > 0)
        charged = line_service_of(s, p);
    s->of[p].credit -= (double)charged;
    s->running++;
    s->of[p].running++;
    return charged;
}

/* The mean of the first ones, then one that forgets slowly: one long answer says little. */
static void learn(struct line_service *v, int64_t seen)
{
    if (v->known < LEARN)
        v->known++;
    v->us += (seen - v->us) / v->known;
}

void line_end(struct line *l, int server, enum priority p, int64_t charged_us, int64_t held_us,
              bool usual, int64_t now)
{
    struct line_server *s = &l->servers[server];

    assert(s->running > 0 && s->of[p].running > 0);
    line_catch_up(l, s, now);
    s->running--;
    s->of[p].running--;
    if (charged_us)
        s->of[p].credit += (double)(charged_us - held_us);
    if (!usual || held_us <= 0)
        return;
    learn(&s->service, held_us);
    learn(&s->of[p].service, held_us);
}

bool line_place_free(const struct line *l, int server)
{
    const struct line_server *s = &l->servers[server];

    return s->open && (!s->places || s->running < s->places);
}

bool line_below_ceiling(const struct line *l, enum priority p, uint64_t servers)
{
    int64_t places = 0, running = 0, most;

    for (int i = 0; i < LINE_SERVERS; i++)
        if (servers >> i & 1) {
            if (l->servers[i].open && !l->servers[i].places)
                return true;
            places += l->servers[i].open ? l->servers[i].places : 0;
            running += l->servers[i].of[p].running;
        }
    most = places * l->classes[p].ceiling / 100;
    return running < (most > 1 ? most : 1);
}

/* ---- joining and leaving ---- */

static struct line_queue *queue_of(struct line *l, uint64_t servers, enum priority p)
{
    for (size_t i = 0; i < l->queue_n; i++)
        if (l->queues[i].servers == servers && l->queues[i].priority == p)
            return &l->queues[i];
    if (l->queue_n == l->queue_cap) {
        l->queue_cap = l->queue_cap ? 2 * l->queue_cap : BEGIN;
        l->queues = tb_realloc(l->queues, l->queue_cap * sizeof(*l->queues));
    }
    l->queues[l->queue_n] = (struct line_queue){ .servers = servers, .priority = p };
    return &l->queues[l->queue_n++];
}

/* Those who come later stand at the end; one whose engines were changed keeps its turn. */
static void queue_put(struct line *l, struct line_item *it)
{
    struct line_queue *q = queue_of(l, it->servers, it->priority);
    struct line_item *after = q->last;

    while (after && after->since_us > it->since_us)
        after = after->prev;
    it->prev = after;
    it->next = after ? after->next : q->first;
    *(it->prev ? &it->prev->next : &q->first) = it;
    *(it->next ? &it->next->prev : &q->last) = it;
    q->n++;
    l->waiting[it->priority]++;
}

void line_join(struct line *l, struct line_item *it, int64_t now)
{
    it->since_us = now;
    it->passed = 0;
    queue_put(l, it);
}

void line_leave(struct line *l, struct line_item *it)
{
    struct line_queue *q = queue_of(l, it->servers, it->priority);

    *(it->prev ? &it->prev->next : &q->first) = it->next;
    *(it->next ? &it->next->prev : &q->last) = it->prev;
    it->next = it->prev = NULL;
    l->waiting[it->priority]--;
    if (--q->n == 0)
        *q = l->queues[--l->queue_n];
}

void line_change(struct line *l, struct line_item *it, uint64_t servers)
{
    line_leave(l, it);
    it->servers = servers;
    queue_put(l, it);
}

struct line_item *line_each(const struct line *l, const struct line_item *it)
{
    size_t i = 0;

    if (!it)
        return l->queue_n ? l->queues[0].first : NULL;
    if (it->next)
        return it->next;
    while (l->queues[i].servers != it->servers || l->queues[i].priority != it->priority)
        i++;
    return i + 1 < l->queue_n ? l->queues[i + 1].first : NULL;
}

/* From the last queue to the first: one that becomes empty is replaced by the last. */
void line_expire(struct line *l, int64_t now, void (*late)(struct line_item *it, void *self),
                 void *self)
{
    for (size_t i = l->queue_n; i-- > 0;)
        for (struct line_item *it = l->queues[i].first, *next; it; it = next) {
            next = it->next;
            if (now < it->until_us)
                continue;
            line_leave(l, it);
            late(it, self);
        }
}

/* ---- who is next ---- */

/* The one of class p who came first and may take a place at server. */
static struct line_item *head_of(const struct line *l, enum priority p, int server)
{
    struct line_item *first = NULL;

    for (size_t i = 0; l->waiting[p] && i < l->queue_n; i++) {
        const struct line_queue *q = &l->queues[i];

        if (q->priority == p && q->servers >> server & 1 &&
            (!first || q->first->since_us < first->since_us) &&
            line_below_ceiling(l, p, q->servers))
            first = q->first;
    }
    return first;
}

static double rank_of(const struct line *l, const struct line_item *it, int64_t now)
{
    int64_t longest = l->classes[it->priority].longest_us;

    return PRIORITY_COUNT - (int)it->priority +
           (double)(now - it->since_us) / (double)(longest > 0 ? longest : 1);
}

static struct line_item *choose(struct line *l, int server, int64_t now)
{
    struct line_item *best = NULL;

    for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
        struct line_item *it = head_of(l, p, server);

        if (it && l->servers[server].of[p].credit > 0)
            return it;
        if (it && (!best || rank_of(l, it, now) > rank_of(l, best, now)))
            best = it;
    }
    return best;
}

/* Of those right behind `first` the one who fits best, unless `first` was passed over too often. */
static struct line_item *fitting(struct line_item *first, int server,
                                 int (*fits)(const struct line_item *it, int server, void *self),
                                 void *self)
{
    struct line_item *best = first, *it = first;
    int most = fits(first, server, self);

    for (int i = 0; it && i < AHEAD && first->passed < PASSED; i++, it = it->next) {
        int fit = fits(it, server, self);

        if (fit > most) {
            most = fit;
            best = it;
        }
    }
    for (it = first; it != best; it = it->next)
        it->passed++;
    return best;
}

struct line_item *line_next(struct line *l, int server,
                            int (*fits)(const struct line_item *it, int server, void *self),
                            void *self, int64_t now)
{
    struct line_item *it;

    if (!l->queue_n || !line_place_free(l, server))
        return NULL;
    line_catch_up(l, &l->servers[server], now);
    it = choose(l, server, now);
    if (it && fits)
        it = fitting(it, server, fits, self);
    if (it)
        line_leave(l, it);
    return it;
}
