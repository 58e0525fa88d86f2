/* What the files of hot issues share: messages in a fixed order, their weights, who is near whom,
 * who belongs together. */
#ifndef SCENARIO_HOTLINE_HOT_INT_H
#define SCENARIO_HOTLINE_HOT_INT_H
#include "scenario/hotline/hot.h"
#include "text/grams.h"

#define HOT_FAR 0.02 /* how near messages are taken to be that are in no list */

struct hot_edge {
    uint32_t to;
    float near; /* 0..1 */
};
struct hot_counted { /* open addressing: how many messages hold a piece (text/grams.h) */
    uint32_t *key, *df;
    size_t mask, used;
};
struct hot_near { /* of each message, those near enough, by number */
    struct hot_edge **edge;
    uint32_t *n;
    struct hot_counted counted;
    size_t all; /* messages */
};
/* Weighs the pieces of every message by how telling they are and finds, for each, the messages
 * that are near: cosine, a little less the further apart in time, and less where both say another
 * place. The lists live in a; release the rest. */
void hot_near_find(struct arena *a, const struct hot_message *const *m, size_t n,
                   struct hot_near *out);
void hot_near_release(struct hot_near *near);
/* How telling a piece is: 0 for what stands in one message only, or in too many. */
double hot_telling(const struct hot_near *near, uint32_t key);
/* Which messages belong together: those whose mean nearness is at least join, nearest first. Gives
 * each message the number of its group, 0 .. the return value - 1, in order of the first member. */
size_t hot_group(struct arena *a, const struct hot_near *near, size_t n, double join,
                 uint32_t *group);
/* What breaks out at the same time in several places is one issue: groups whose days agree need be
 * less near to come together. Renumbers group as hot_group does; returns how many there are. */
size_t hot_join(const struct hot_message *const *m, const struct hot_near *near, size_t n,
                size_t groups, double join, uint32_t *group);
/* Name, subject, place, phrases and the message that says it best. */
void hot_describe(struct arena *a, const struct hot_rules *r, const struct hot_near *near,
                  struct hot_issue *x);

#endif
