#include "guard/flood_seen.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60000 };

static struct flood_limited *entry_of(struct flood_seen *s, enum flood_why why, const char *name)
{
    struct flood_limited *oldest = s->limited;

    for (size_t i = 0; i < s->limited_n; i++) {
        if (s->limited[i].why == why && strcmp(s->limited[i].name, name) == 0)
            return &s->limited[i];
        if (s->limited[i].last < oldest->last)
            oldest = &s->limited[i];
    }
    if (s->limited_n < FLOOD_RECENT)
        oldest = &s->limited[s->limited_n++];
    *oldest = (struct flood_limited){ .why = why };
    memcpy(oldest->name, name, FLOOD_NAME);
    return oldest;
}

void flood_seen_refused(struct flood_seen *s, enum flood_why why, struct str name, int64_t now_ms,
                        int wait_s)
{
    char short_[FLOOD_NAME] = "";
    struct flood_limited *x;

    if (name.n)
        memcpy(short_, name.p, name.n < FLOOD_NAME ? name.n : utf8_floor(name, FLOOD_NAME - 1));
    x = entry_of(s, why, short_);
    if (x->until < now_ms) {
        x->since = now_ms;
        x->times = 0;
    }
    x->last = now_ms;
    x->until = now_ms + (wait_s ? (int64_t)wait_s * 1000 : MINUTE);
    x->times++;
}

void flood_seen_count(struct flood_seen *s, enum flood_word word, bool proved, int64_t now_ms)
{
    int64_t at = now_ms / MINUTE;
    struct flood_minute *m = &s->minutes[at % FLOOD_MINUTES];

    if (m->at != at * MINUTE)
        *m = (struct flood_minute){ .at = at * MINUTE };
    m->went += word == FLOOD_GO;
    m->waited += word == FLOOD_WAIT;
    m->challenged += word == FLOOD_PROVE;
    m->proved += proved;
}

static int newest_first(const void *x, const void *y)
{
    const struct flood_limited *a = x, *b = y;

    return (a->last < b->last) - (a->last > b->last);
}

size_t flood_seen_now(const struct flood_seen *s, int64_t now_ms,
                      struct flood_limited out[FLOOD_RECENT])
{
    size_t n = 0;

    for (size_t i = 0; i < s->limited_n; i++)
        if (s->limited[i].until > now_ms)
            out[n++] = s->limited[i];
    qsort(out, n, sizeof(*out), newest_first);
    return n;
}

void flood_seen_minutes(const struct flood_seen *s, int64_t now_ms,
                        struct flood_minute out[FLOOD_MINUTES])
{
    int64_t at = now_ms / MINUTE - (FLOOD_MINUTES - 1);

    for (size_t i = 0; i < FLOOD_MINUTES; i++, at++) {
        const struct flood_minute *m = &s->minutes[at % FLOOD_MINUTES];

        out[i] = m->at == at * MINUTE ? *m : (struct flood_minute){ .at = at * MINUTE };
    }
}
