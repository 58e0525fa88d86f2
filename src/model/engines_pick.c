#include "model/engines_int.h"

enum { MUCH_BUSIER = 50, NO_LIMIT_PLACES = 32 /* how many calls fill an engine without slots */ };

/* ---- is it open ---- */

static int places_of(const struct engines *g, int i)
{
    return (int)g->now->conf[i]->slots;
}

/* When an engine that is closed opens; 0: nobody knows. */
static int64_t opens_at(const struct engines *g, int i, int64_t now)
{
    const struct catalogue_engine *c = g->now->conf[i];
    int64_t rest = breaker_until(&g->of[i].breaker, now), ms = 0;

    if (engine_drains(g, i) || i == g->child_index)
        return 0;
    if (g->of[i].breaker.trial && rest < now + line_service_us(g->line, i))
        rest = now + line_service_us(g->line, i); /* if the one that tries it has luck */
    if (c->hours.n)
        ms = hours_until_ms(&c->hours, world_now_ms(g->world));
    return now + ms * 1000 > rest ? now + ms * 1000 : rest;
}

static bool is_open(const struct engines *g, int i, int64_t now)
{
    const struct catalogue_engine *c = g->now->conf[i];

    if (!c || engine_drains(g, i) || breaker_says(&g->of[i].breaker, now) == BREAKER_REST)
        return false;
    if (i == g->child_index)
        return g->child_view.stage == SUPERVISOR_READY;
    return !c->hours.n || hours_hold(&c->hours, world_now_ms(g->world));
}

void engine_look(struct engines *g, int i, int64_t now)
{
    bool open = is_open(g, i, now);

    line_server(g->line, i, g->now->conf[i] ? places_of(g, i) : 0, open,
                !open && g->now->conf[i] ? opens_at(g, i, now) : 0);
}

void engines_look(struct engines *g, int64_t now)
{
    if (g->child)
        supervisor_look(g->child, &g->child_view);
    for (size_t k = 0; k < g->now->n; k++)
        engine_look(g, (int)g->now->order[k], now);
}

/* ---- which is best ---- */

/* Per cent of its places that are taken. */
static int load_of(const struct engines *g, int i)
{
    int places = places_of(g, i);

    return 100 * line_running(g->line, i) / (places ? places : NO_LIMIT_PLACES);
}

static size_t match_of(const struct engines *g, int i, const struct engines_want *w)
{
    return affinity_match(g->of[i].affinity, w->prefix, w->prefix_n);
}

/* Of engines that are otherwise alike: the one that has read the most of the prompt, unless it is
 * much busier; the least busy; the faster one; the file's first. */
static int best_of(const struct engines *g, const struct engines_want *w, uint64_t servers)
{
    int best = -1, reader = -1;
    size_t most = 0;

    for (size_t k = 0; k < g->now->n; k++) {
        int i = (int)g->now->order[k];
        size_t match = servers >> i & 1 ? match_of(g, i, w) : 0;

        if (!(servers >> i & 1))
            continue;
        if (best < 0 || load_of(g, i) < load_of(g, best) ||
            (load_of(g, i) == load_of(g, best) && g->of[i].speed > g->of[best].speed))
            best = i;
        if (match > most || (match && match == most && load_of(g, i) < load_of(g, reader))) {
            most = match;
            reader = i;
        }
    }
    if (reader >= 0 && load_of(g, reader) < load_of(g, best) + MUCH_BUSIER)
        return reader;
    return best;
}

static uint64_t free_of(const struct engines *g, uint64_t servers, bool doubtful, int64_t now)
{
    uint64_t out = 0;

    for (int i = 0; i < ENGINES_MAX; i++) {
        enum breaker_word says;

        if (!(servers >> i & 1) || !line_place_free(g->line, i))
            continue;
        says = breaker_says(&g->of[i].breaker, now);
        if ((says != BREAKER_GO) == doubtful)
            out |= 1ull << i;
    }
    return out;
}

/* When all rest because they failed, one call at a time may still try: better one in vain than a
 * city without answers for the rest of a rest. */
static int last_resort(const struct engines *g, const struct wish *wish, int64_t now)
{
    int best = -1;

    for (const struct line_item *it = NULL; (it = line_each(g->line, it));)
        if (it->servers & wish->all)
            return -1; /* who waits for its rest to end goes first */
    for (int i = 0; i < ENGINES_MAX; i++) {
        const struct breaker *b = &g->of[i].breaker;
        const struct catalogue_engine *c = g->now->conf[i];

        if (!(wish->all >> i & 1))
            continue;
        if (is_open(g, i, now))
            return -1;
        if (b->state != BREAKER_CLOSED && !engine_drains(g, i) && !b->trial &&
            now >= b->full_until_us && hours_hold(&c->hours, world_now_ms(g->world)) &&
            (best < 0 || b->rest_until_us < g->of[best].breaker.rest_until_us))
            best = i;
    }
    return best;
}

int engines_pick(struct engines *g, const struct engines_want *w, const struct wish *wish,
                 int64_t now)
{
    if (!line_below_ceiling(g->line, w->priority, wish->all))
        return -1;
    for (int doubtful = 0; doubtful < 2; doubtful++)
        for (size_t t = 0; t < wish->n; t++) {
            int i = best_of(g, w, free_of(g, wish->tiers[t].servers, doubtful, now));

            if (i >= 0)
                return i;
        }
    return last_resort(g, wish, now);
}

int engines_fit(const struct line_item *it, int server, void *pool)
{
    struct engines *g = pool;
    const struct engines_ticket *t =
        (const void *)((const char *)it - offsetof(struct engines_ticket, line));

    return (int)match_of(g, server, &t->want);
}

/* ---- canaries ---- */

static bool is_owed(struct engine *e, int share)
{
    e->canary += share;
    if (e->canary > 200)
        e->canary = 200;
    return e->canary >= 100;
}

/* Each call owes a canary its share; who is owed a whole call gets one, and then it goes first. A
 * model that only canaries serve is served by them. */
void engines_canaries(struct engines *g, struct wish *wish)
{
    uint64_t canaries = 0, drawn = 0;

    for (size_t k = 0; k < g->now->n; k++) {
        int i = (int)g->now->order[k];

        if (wish->all >> i & 1 && g->now->conf[i]->canary)
            canaries |= 1ull << i;
    }
    if (!canaries || canaries == wish->all)
        return;
    for (int i = 0; i < ENGINES_MAX; i++)
        if (canaries >> i & 1 && is_owed(&g->of[i], (int)g->now->conf[i]->canary) && !drawn &&
            line_place_free(g->line, i)) {
            g->of[i].canary -= 100;
            drawn = 1ull << i;
        }
    wish_take_out(wish, canaries & ~drawn);
    if (drawn)
        wish_first(wish, drawn);
}
