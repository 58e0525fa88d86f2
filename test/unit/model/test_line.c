/* A day at the engines in a simulation with a clock of its own: calls arrive at random, last for as
 * long as they like, and what the line promises is looked at after each. */
#include "model/line.h"

#include "base/alloc.h"
#include "tb_test.h"

#include <math.h>
#include <stdlib.h>

enum { CALLS = 20000, SECOND = 1000000, PLACES_MAX = 64, WAITS_MAX = CALLS };

static const struct line_class usual[PRIORITY_COUNT] = {
    [PRIORITY_HOTLINE] = { 40, 100, 30LL * SECOND },
    [PRIORITY_WINDOW] = { 25, 90, 60LL * SECOND },
    [PRIORITY_STAFF] = { 15, 80, 120LL * SECOND },
    [PRIORITY_BATCH] = { 5, 50, 1800LL * SECOND },
};

struct call {
    struct line_item item;
    bool running, waited;
    int server;
    int64_t begin_us, end_us, told_us, charged_us;
};
struct seen { /* of one class */
    int came, refused, served, expired;
    int64_t held_us, longest_us;              /* time of places; the longest wait */
    double waits[WAITS_MAX], told[WAITS_MAX]; /* seconds; of those who had to wait: what they were
                                               * told, as a part of what it was */
    size_t wait_n, told_n;
    int most; /* places held at once */
};
struct city {
    struct line *line;
    int servers, places[4];
    double speed[4];              /* how fast each is */
    double every[PRIORITY_COUNT]; /* seconds from one call to the next; 0: none comes */
    double lasts[PRIORITY_COUNT]; /* seconds, on the average */
    struct line_class classes[PRIORITY_COUNT];
    int64_t now, next[PRIORITY_COUNT];
    uint64_t dice;
    struct call *calls;
    size_t n, idle_wrong;
    struct seen of[PRIORITY_COUNT];
};

static double uniform(struct city *c)
{
    c->dice ^= c->dice << 13;
    c->dice ^= c->dice >> 7;
    c->dice ^= c->dice << 17;
    return (double)(c->dice >> 11) / 9007199254740992.0;
}
static int64_t about(struct city *c, double seconds)
{
    return 1 + (int64_t)(-log(1 - uniform(c)) * seconds * SECOND);
}

static struct city *city_new(const struct line_class *classes)
{
    struct city *c = tb_zalloc(sizeof(*c));

    memcpy(c->classes, classes, sizeof(c->classes));
    c->line = line_new(classes);
    c->calls = tb_zalloc(CALLS * sizeof(*c->calls));
    c->dice = 88172645463325252u;
    c->now = SECOND;
    return c;
}
static void city_free(struct city *c)
{
    line_free(c->line);
    tb_free(c->calls);
    tb_free(c);
}
static void add_server(struct city *c, int places, double speed)
{
    c->places[c->servers] = places;
    c->speed[c->servers] = speed;
    line_server(c->line, c->servers++, places, true, 0);
}
static uint64_t all_of(const struct city *c)
{
    return (1ull << c->servers) - 1;
}

static int running_of(const struct city *c, enum priority p)
{
    int n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += c->calls[i].running && c->calls[i].item.priority == p;
    return n;
}

static void call_begin(struct city *c, struct call *a, int server)
{
    enum priority p = a->item.priority;
    struct seen *s = &c->of[p];
    int64_t wait = c->now - a->item.since_us;
    int running;

    a->charged_us = line_begin(c->line, server, p, c->now);
    a->running = true;
    a->server = server;
    a->begin_us = c->now;
    a->end_us = c->now + about(c, c->lasts[p] / c->speed[server]);
    if (wait > s->longest_us)
        s->longest_us = wait;
    s->waits[s->wait_n++] = (double)wait / SECOND;
    if (a->waited && wait > SECOND / 10)
        s->told[s->told_n++] = (double)a->told_us / (double)wait;
    running = running_of(c, p);
    if (running > s->most)
        s->most = running;
}

static void deal(struct city *c)
{
    for (int i = 0; i < c->servers; i++) {
        struct line_item *it;

        while ((it = line_next(c->line, i, NULL, NULL, c->now)))
            call_begin(c, (struct call *)it, i);
    }
}

static void call_come(struct city *c, enum priority p)
{
    struct call *a = &c->calls[c->n++];
    int position;

    a->item = (struct line_item){ .servers = all_of(c),
                                  .priority = p,
                                  .since_us = c->now,
                                  .until_us = c->now + c->classes[p].longest_us };
    c->of[p].came++;
    for (int i = 0; i < c->servers && !a->running; i++)
        if (line_place_free(c->line, i) && line_below_ceiling(c->line, p, all_of(c)))
            call_begin(c, a, i);
    if (a->running)
        return;
    a->told_us = line_expect_us(c->line, p, all_of(c), c->now, &position);
    if (a->told_us > line_reach_us(c->classes[p].longest_us)) {
        c->of[p].refused++;
        return;
    }
    a->waited = true;
    line_join(c->line, &a->item, c->now);
}

static void call_end(struct city *c, struct call *a)
{
    struct seen *s = &c->of[a->item.priority];

    line_end(c->line, a->server, a->item.priority, a->charged_us, c->now - a->begin_us, true,
             c->now);
    a->running = false;
    s->served++;
    s->held_us += c->now - a->begin_us;
    deal(c);
}

/* No place may be free while somebody below the ceiling of its class waits. */
static void check_busy(struct city *c)
{
    for (int i = 0; i < c->servers; i++)
        for (enum priority p = 0; p < PRIORITY_COUNT; p++)
            if (line_place_free(c->line, i) && line_waiting(c->line, p) &&
                line_below_ceiling(c->line, p, all_of(c)))
                c->idle_wrong++;
}

static struct call *first_to_end(struct city *c)
{
    struct call *first = NULL;

    for (size_t i = 0; i < c->n; i++)
        if (c->calls[i].running && (!first || c->calls[i].end_us < first->end_us))
            first = &c->calls[i];
    return first;
}

static void count_late(struct line_item *it, void *self)
{
    ((struct city *)self)->of[it->priority].expired++;
}

static bool step(struct city *c, int64_t until)
{
    struct call *ends = first_to_end(c);
    enum priority next = PRIORITY_COUNT;

    for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
        if (c->every[p] > 0 && !c->next[p])
            c->next[p] = c->now + about(c, c->every[p]);
        if (c->next[p] && (next == PRIORITY_COUNT || c->next[p] < c->next[next]))
            next = p;
    }
    if (ends && (next == PRIORITY_COUNT || ends->end_us <= c->next[next]))
        c->now = ends->end_us;
    else if (next != PRIORITY_COUNT)
        c->now = c->next[next];
    if (c->now >= until || c->n == CALLS || (!ends && next == PRIORITY_COUNT))
        return false;
    line_expire(c->line, c->now, count_late, c);
    if (ends && c->now == ends->end_us) {
        call_end(c, ends);
    } else {
        c->next[next] = 0;
        call_come(c, next);
    }
    check_busy(c);
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}
static double middle(double *v, size_t n)
{
    qsort(v, n, sizeof(*v), by_value);
    return n ? v[n / 2] : 0;
}

static void city_say(struct city *c)
{
    int64_t all = 0;

    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        all += c->of[p].held_us;
    for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
        struct seen *s = &c->of[p];

        printf("# %-8s came %5d served %5d refused %5d expired %3d share %5.1f%% most %2d "
               "wait p50 %7.2f max %7.2f told %.2f of %zu\n",
               priority_name(p), s->came, s->served, s->refused, s->expired,
               all ? 100.0 * (double)s->held_us / (double)all : 0, s->most,
               middle(s->waits, s->wait_n), (double)s->longest_us / SECOND,
               middle(s->told, s->told_n), s->told_n);
    }
}

static double share_of(const struct city *c, enum priority p)
{
    double places = 0;

    for (int i = 0; i < c->servers; i++)
        places += c->places[i];
    return 100 * (double)c->of[p].held_us / ((double)c->now * places);
}

static void live(struct city *c, int64_t seconds)
{
    while (step(c, seconds * SECOND))
        ;
    CHECK_INT(c->idle_wrong, 0);
    city_say(c);
}

/* ---- what the line promises ---- */

static void check_truthful(struct city *c, enum priority p, size_t least)
{
    struct seen *s = &c->of[p];
    double told = middle(s->told, s->told_n);

    CHECK(s->told_n > least);
    CHECK(told > 0.5 && told < 2);
}

static void each_class_gets_its_share_when_all_ask_for_too_much(void)
{
    struct city *c = city_new(usual);

    add_server(c, 4, 1);
    add_server(c, 4, 1);
    for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
        c->lasts[p] = 4;
        c->every[p] = 4.0 / 8; /* each alone would fill all eight places */
    }
    live(c, 3000);
    for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
        CHECK(share_of(c, p) > usual[p].share - 1);
        check_truthful(c, p, 100);
        CHECK(c->of[p].expired * 10 < c->of[p].served); /* few are let in in vain */
    }
    city_free(c);
}

static void the_hotline_waits_far_less_than_batch_at_three_times_the_load(void)
{
    struct city *c = city_new(usual);

    add_server(c, 8, 1);
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        c->lasts[p] = 5;
    c->every[PRIORITY_HOTLINE] = 5.0 / (8 * 0.3);
    c->every[PRIORITY_WINDOW] = 5.0 / (8 * 0.5);
    c->every[PRIORITY_STAFF] = 5.0 / (8 * 1.0);
    c->every[PRIORITY_BATCH] = 5.0 / (8 * 1.2);
    live(c, 3600);
    CHECK(middle(c->of[PRIORITY_HOTLINE].waits, c->of[PRIORITY_HOTLINE].wait_n) < 2);
    CHECK(middle(c->of[PRIORITY_BATCH].waits, c->of[PRIORITY_BATCH].wait_n) > 100);
    CHECK(c->of[PRIORITY_HOTLINE].refused * 50 < c->of[PRIORITY_HOTLINE].came);
    city_free(c);
}

static void nobody_starves(void)
{
    struct line_class classes[PRIORITY_COUNT];
    struct city *c;

    memcpy(classes, usual, sizeof(classes));
    classes[PRIORITY_BATCH].share = 1;
    c = city_new(classes);
    add_server(c, 4, 1);
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        c->lasts[p] = 2;
    c->every[PRIORITY_HOTLINE] = 2.0 / (4 * 3);
    c->every[PRIORITY_BATCH] = 60;
    live(c, 3000);
    CHECK(c->of[PRIORITY_BATCH].served > 20);
    CHECK_INT(c->of[PRIORITY_BATCH].expired, 0);
    CHECK(c->of[PRIORITY_BATCH].longest_us < classes[PRIORITY_BATCH].longest_us);
    city_free(c);
}

/* No share at all, and somebody more urgent always there who has just come. */
static void waiting_lifts_somebody_until_it_is_his_turn(void)
{
    struct line_class classes[PRIORITY_COUNT];
    struct line_item old = { .servers = 1, .priority = PRIORITY_BATCH, .until_us = INT64_MAX };
    struct line *l;
    int passed = 0;

    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        classes[p] = (struct line_class){ 0, 100, 60 * SECOND };
    l = line_new(classes);
    line_server(l, 0, 1, true, 0);
    line_join(l, &old, 0);
    for (int64_t now = 0; passed < 1000; now += SECOND, passed++) {
        struct line_item fresh = { .servers = 1,
                                   .priority = PRIORITY_HOTLINE,
                                   .until_us = INT64_MAX };

        line_join(l, &fresh, now);
        if (line_next(l, 0, NULL, NULL, now) == &old)
            break;
    }
    CHECK_INT(passed, 181); /* three classes, a minute each */
    line_free(l);
}

static void a_ceiling_is_never_passed_and_one_place_is_always_allowed(void)
{
    struct city *c = city_new(usual);

    add_server(c, 6, 1);
    add_server(c, 4, 2);
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        c->lasts[p] = 3;
    c->every[PRIORITY_BATCH] = 0.1;
    c->every[PRIORITY_STAFF] = 0.1;
    live(c, 900);
    CHECK_INT(c->of[PRIORITY_BATCH].most, 5);
    CHECK_INT(c->of[PRIORITY_STAFF].most, 8);
    city_free(c);
    c = city_new(usual);
    add_server(c, 1, 1);
    c->lasts[PRIORITY_BATCH] = 1;
    c->every[PRIORITY_BATCH] = 2;
    live(c, 900);
    CHECK_INT(c->of[PRIORITY_BATCH].most, 1);
    CHECK(c->of[PRIORITY_BATCH].served > 300);
    city_free(c);
}

static void the_wait_that_is_told_is_the_wait_that_comes(void)
{
    static const double loads[] = { 1.2, 3 };

    for (size_t k = 0; k < 2; k++) {
        struct city *c = city_new(usual);

        add_server(c, 6, 1);
        add_server(c, 6, 0.5);
        for (enum priority p = 0; p < PRIORITY_COUNT; p++) {
            c->lasts[p] = 2 + 2 * (int)p;
            c->every[p] = c->lasts[p] / (9 * loads[k] / 4);
        }
        live(c, 3000);
        for (enum priority p = k ? PRIORITY_HOTLINE : PRIORITY_STAFF; p < PRIORITY_COUNT; p++)
            check_truthful(c, p, 50);
        city_free(c);
    }
}

static void note_late(struct line_item *it, void *self)
{
    *(struct line_item **)self = it;
}

static void who_waits_too_long_is_let_go_at_the_minute(void)
{
    struct line *l = line_new(usual);
    struct line_item a = { .servers = 1, .priority = PRIORITY_STAFF, .until_us = 100 };
    struct line_item b = { .servers = 1, .priority = PRIORITY_HOTLINE, .until_us = 90 };
    struct line_item *late = NULL, many[300];

    line_server(l, 0, 1, false, 0);
    line_join(l, &a, 10);
    line_join(l, &b, 11);
    line_expire(l, 89, note_late, &late);
    CHECK(!late);
    line_expire(l, 90, note_late, &late);
    CHECK(late == &b);
    line_expire(l, 99, note_late, &late);
    CHECK(late == &b);
    line_expire(l, 100, note_late, &late);
    CHECK(late == &a);
    CHECK(!line_each(l, NULL));
    for (size_t i = 0; i < 300; i++) {
        many[i] = a;
        many[i].servers = 1 + i % 7;
        many[i].until_us = (int64_t)(i % 3);
        line_join(l, &many[i], 10);
    }
    line_expire(l, 1, note_late, &late);
    CHECK_INT(line_waiting(l, PRIORITY_STAFF), 100);
    for (const struct line_item *it = NULL; (it = line_each(l, it));)
        CHECK_INT(it->until_us, 2);
    line_free(l);
}

static int fits_there(const struct line_item *it, int server, void *self)
{
    (void)server;
    return it == self;
}

static void a_better_fit_goes_first_but_not_for_ever(void)
{
    struct line *l = line_new(usual);
    struct line_item first = { .servers = 1, .priority = PRIORITY_STAFF, .until_us = INT64_MAX };
    struct line_item others[8];
    int turns = 0;

    line_server(l, 0, 1, false, 0);
    line_join(l, &first, 1);
    for (size_t i = 0; i < 8; i++) {
        others[i] = first;
        line_join(l, &others[i], 2 + (int64_t)i);
    }
    line_server(l, 0, 1, true, 0);
    while (line_next(l, 0, fits_there, &others[turns], 100) != &first && turns < 8)
        turns++;
    CHECK_INT(turns, 4);
    line_free(l);
}

static void who_can_go_to_one_engine_only_is_not_sent_to_another(void)
{
    struct line *l = line_new(usual);
    struct line_item near = { .servers = 1, .priority = PRIORITY_BATCH, .until_us = INT64_MAX };
    struct line_item far = { .servers = 2, .priority = PRIORITY_HOTLINE, .until_us = INT64_MAX };

    line_server(l, 0, 1, false, 0);
    line_server(l, 1, 1, false, 0);
    line_join(l, &far, 1);
    line_join(l, &near, 2);
    line_server(l, 0, 1, true, 0);
    line_server(l, 1, 1, true, 0);
    CHECK(line_next(l, 0, NULL, NULL, 3) == &near);
    CHECK(!line_next(l, 0, NULL, NULL, 3));
    line_change(l, &far, 1);
    CHECK(!line_next(l, 1, NULL, NULL, 4));
    CHECK(line_next(l, 0, NULL, NULL, 4) == &far);
    line_free(l);
}

static const struct tb_test tests[] = {
    TEST(each_class_gets_its_share_when_all_ask_for_too_much),
    TEST(the_hotline_waits_far_less_than_batch_at_three_times_the_load),
    TEST(nobody_starves),
    TEST(waiting_lifts_somebody_until_it_is_his_turn),
    TEST(a_ceiling_is_never_passed_and_one_place_is_always_allowed),
    TEST(the_wait_that_is_told_is_the_wait_that_comes),
    TEST(who_waits_too_long_is_let_go_at_the_minute),
    TEST(a_better_fit_goes_first_but_not_for_ever),
    TEST(who_can_go_to_one_engine_only_is_not_sent_to_another),
};
TEST_MAIN(tests)
