/* The waiting line before the engines: who gets the next free place, and how long somebody who
 * comes now would wait. Pure: no threads, no clock of its own (now is passed in, microseconds), and
 * an engine is only a number with places.
 *
 * A free place goes, of those who may take it and whose class is below its ceiling,
 *  1. to the most urgent class that has not had its guaranteed share of this engine lately,
 *  2. else to the most urgent class; having waited for as long as its class may wait at most lifts
 *     somebody by one class, waiting on by more, so that nobody is passed over for ever.
 * Within a class: who came first. No place stays free while somebody may take it. */
#ifndef MODEL_LINE_H
#define MODEL_LINE_H
#include "domain/call.h"

enum { LINE_SERVERS = 64, LINE_MAX = 16384 /* who may wait at once */ };

struct line_class {
    int share;          /* per cent of an engine's time that it gets when it asks for it */
    int ceiling;        /* per cent of the places it may hold at once; one place always */
    int64_t longest_us; /* nobody of it waits longer */
};
struct line_item {    /* the caller's; where it is until it has left */
    uint64_t servers; /* bit per engine: which would do */
    enum priority priority;
    int64_t until_us; /* must have its place by then */
    int64_t since_us; /* when it joined; private from here */
    int passed;
    struct line_item *next, *prev;
};

struct line;
struct line *line_new(const struct line_class classes[PRIORITY_COUNT]);
void line_free(struct line *l);
void line_classes(struct line *l, const struct line_class classes[PRIORITY_COUNT]);

/* places 0: as many as come. Closed: it gives no place now; 0 for opens_us: nobody knows until
 * when.
 */
void line_server(struct line *l, int server, int places, bool open, int64_t opens_us);
/* Somebody takes a place. Returns what of its class's share it is charged, which line_end is told
 * again: what a service really took is known only then. */
int64_t line_begin(struct line *l, int server, enum priority p, int64_t now);
/* It is given back after held_us; usual: its length says something about others. */
void line_end(struct line *l, int server, enum priority p, int64_t charged_us, int64_t held_us,
              bool usual, int64_t now);

bool line_place_free(const struct line *l, int server); /* open, and not all places are taken */
/* Its class is below its ceiling over those engines. */
bool line_below_ceiling(const struct line *l, enum priority p, uint64_t servers);

/* What somebody who joined now would wait, and behind how many of its class (from 1). */
int64_t line_expect_us(struct line *l, enum priority p, uint64_t servers, int64_t now,
                       int *position);
/* Up to which expected wait somebody may join who must be placed within limit_us. */
int64_t line_reach_us(int64_t limit_us);
void line_join(struct line *l, struct line_item *it, int64_t now);
void line_leave(struct line *l, struct line_item *it); /* without a place */
/* Who gets a place that is free at server; has left the line, and line_begin is still to be called.
 * NULL when nobody may. fits, where given, says how well one of the first few would fit there. */
struct line_item *line_next(struct line *l, int server,
                            int (*fits)(const struct line_item *it, int server, void *self),
                            void *self, int64_t now);
/* Those whose time is over leave the line, and late is told of each, in no order. */
void line_expire(struct line *l, int64_t now, void (*late)(struct line_item *it, void *self),
                 void *self);
/* Everybody, in no order: next after `it`, the first for NULL. */
struct line_item *line_each(const struct line *l, const struct line_item *it);
void line_change(struct line *l, struct line_item *it, uint64_t servers); /* others would do */

bool line_full(const struct line *l); /* LINE_MAX wait */
size_t line_waiting(const struct line *l, enum priority p);
int line_running(const struct line *l, int server);
int line_holding(const struct line *l, enum priority p);   /* places it has, over all engines */
int64_t line_service_us(const struct line *l, int server); /* measured; a guess before */

#endif
