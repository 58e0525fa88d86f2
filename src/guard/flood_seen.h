/* What a flood guard shows of itself: who was refused lately and why, and its figures minute by
 * minute. No locks: flood.c holds its own around every call. */
#ifndef GUARD_FLOOD_SEEN_H
#define GUARD_FLOOD_SEEN_H
#include "guard/flood.h"

struct flood_seen {
    struct flood_limited limited[FLOOD_RECENT];
    size_t limited_n;
    struct flood_minute minutes[FLOOD_MINUTES]; /* at minute % FLOOD_MINUTES */
};

/* now_ms: the wall clock. wait_s 0: as long as a proof is asked for, shown for a minute. */
void flood_seen_refused(struct flood_seen *s, enum flood_why why, struct str name, int64_t now_ms,
                        int wait_s);
void flood_seen_count(struct flood_seen *s, enum flood_word word, bool proved, int64_t now_ms);
/* Those who are refused at this time, the newest first. */
size_t flood_seen_now(const struct flood_seen *s, int64_t now_ms,
                      struct flood_limited out[FLOOD_RECENT]);
/* The last hour, oldest first, minutes in which nothing was counted with zeros. */
void flood_seen_minutes(const struct flood_seen *s, int64_t now_ms,
                        struct flood_minute out[FLOOD_MINUTES]);

#endif
