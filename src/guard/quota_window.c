#include "guard/quota_int.h"

#include <string.h>

static size_t place(int64_t second)
{
    return (size_t)second & (WINDOW_SLOTS - 1);
}

void window_move(struct window *w, int64_t second)
{
    if (second <= w->at)
        return;
    if (second - w->at > WINDOW_S) {
        memset(w->slot, 0, sizeof(w->slot));
        w->total = 0;
        w->at = second;
    }
    while (w->at < second) {
        int64_t *old = &w->slot[place(++w->at - WINDOW_S - 1)];

        w->total -= *old;
        *old = 0;
    }
}

void window_take(struct window *w, int64_t n)
{
    w->slot[place(w->at)] += n;
    w->total += n;
}

void window_back(struct window *w, int64_t second, int64_t n)
{
    if (second > w->at || w->at - second > WINDOW_S)
        return;
    w->slot[place(second)] -= n;
    w->total -= n;
}

/* Second s no longer counts once the second s + 61 has begun. */
static int64_t over_ms(int64_t second, int64_t mono_us)
{
    int64_t ms = ((second + WINDOW_S + 1) * 1000000 - mono_us + 999) / 1000;

    return ms > 0 ? ms : 1;
}

int64_t window_room_ms(const struct window *w, int64_t n, int64_t limit, int64_t mono_us)
{
    int64_t left = w->total;

    if (left + n <= limit)
        return 0;
    for (int64_t s = w->at - WINDOW_S; s < w->at; s++) {
        left -= w->slot[place(s)];
        if (left + n <= limit)
            return over_ms(s, mono_us);
    }
    return over_ms(w->at, mono_us);
}

int64_t window_reset_ms(const struct window *w, int64_t mono_us)
{
    for (int64_t s = w->at; w->total > 0 && s >= w->at - WINDOW_S; s--)
        if (w->slot[place(s)] > 0)
            return over_ms(s, mono_us);
    return 0;
}

int64_t *meter_day(struct meter *m, int64_t day)
{
    size_t oldest = 0;

    for (size_t i = 0; i < DAYS_KEPT; i++) {
        if (m->days[i].day == day)
            return &m->days[i].tokens;
        if (m->days[i].day < m->days[oldest].day)
            oldest = i;
    }
    m->days[oldest].day = day;
    m->days[oldest].tokens = 0;
    return &m->days[oldest].tokens;
}
