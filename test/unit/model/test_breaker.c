#include "model/breaker.h"

#include "model/affinity.h"
#include "tb_test.h"

enum { SECOND = 1000000 };

static void one_failure_makes_suspect_and_three_open_it(void)
{
    struct breaker b = { 0 };

    CHECK_INT(breaker_says(&b, 0), BREAKER_GO);
    breaker_failed(&b, 0);
    CHECK_INT(breaker_says(&b, 4 * SECOND), BREAKER_SUSPECT);
    CHECK_INT(breaker_says(&b, 5 * SECOND), BREAKER_GO);
    breaker_failed(&b, 5 * SECOND);
    breaker_failed(&b, 6 * SECOND);
    CHECK_INT(b.state, BREAKER_OPEN);
    CHECK_INT(breaker_says(&b, 7 * SECOND), BREAKER_REST);
    CHECK_INT(breaker_until(&b, 7 * SECOND), 11 * SECOND);
}

static void after_the_rest_one_call_tries_and_the_rest_doubles_to_a_cap(void)
{
    static const int rests[] = { 10, 20, 40, 80, 160, 160, 160 };
    struct breaker b = { 0 };
    int64_t now = 0;

    for (int i = 0; i < 3; i++)
        breaker_failed(&b, now);
    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
        now = b.rest_until_us;
        CHECK_INT(breaker_says(&b, now - 1), BREAKER_REST);
        CHECK_INT(breaker_says(&b, now), BREAKER_TRIAL);
        breaker_asked(&b, now);
        CHECK_INT(breaker_says(&b, now), BREAKER_REST); /* one only */
        breaker_failed(&b, now);
        CHECK_INT(breaker_until(&b, now), now + rests[i] * SECOND);
    }
    now = b.rest_until_us;
    breaker_asked(&b, now);
    breaker_ok(&b);
    CHECK_INT(breaker_says(&b, now), BREAKER_GO);
    CHECK_INT(b.doubled, 0);
}

static void half_of_the_last_twenty_is_too_often(void)
{
    struct breaker b = { 0 };

    for (int i = 0; i < 40 && b.state == BREAKER_CLOSED; i++)
        if (i % 2)
            breaker_ok(&b);
        else
            breaker_failed(&b, i);
    CHECK_INT(b.state, BREAKER_OPEN);
    b = (struct breaker){ 0 };
    for (int i = 0; i < 400; i++)
        if (i % 3)
            breaker_ok(&b);
        else
            breaker_failed(&b, i);
    CHECK_INT(b.state, BREAKER_CLOSED);
}

static void a_full_engine_rests_as_long_as_it_asks_and_is_not_broken(void)
{
    struct breaker b = { 0 };

    for (int i = 0; i < 10; i++)
        breaker_full(&b, 7000, 0);
    CHECK_INT(b.state, BREAKER_CLOSED);
    CHECK_INT(breaker_says(&b, 7 * SECOND - 1), BREAKER_REST);
    CHECK_INT(breaker_says(&b, 7 * SECOND), BREAKER_GO);
    breaker_full(&b, 0, 7 * SECOND);
    CHECK_INT(breaker_until(&b, 7 * SECOND), 8 * SECOND);
    breaker_full(&b, 1LL << 40, 0);
    CHECK_INT(breaker_until(&b, 0), 600LL * SECOND);
}

static void a_look_ends_the_first_rest_early_only(void)
{
    struct breaker b = { 0 };

    for (int i = 0; i < 3; i++)
        breaker_failed(&b, 0);
    breaker_alive(&b);
    CHECK_INT(breaker_says(&b, 1), BREAKER_TRIAL);
    breaker_asked(&b, 1);
    breaker_unsaid(&b); /* its caller left: another may try */
    CHECK_INT(breaker_says(&b, 1), BREAKER_TRIAL);
    breaker_asked(&b, 1);
    breaker_failed(&b, 1);
    breaker_alive(&b);
    CHECK_INT(breaker_says(&b, 2), BREAKER_REST);
}

/* ---- beginnings of prompts ---- */

static struct prefix prefix_of(const char *system, char letter, size_t n)
{
    struct prefix p = PREFIX_INIT;
    char text[4096];

    memset(text, letter, sizeof(text));
    prefix_add(&p, str_z("system"));
    prefix_add(&p, str_z(system));
    prefix_add(&p, str_of(text, n));
    return p;
}

static void prompts_that_begin_alike_have_the_same_digests_until_they_part(void)
{
    char system[1000];
    struct prefix a, b, c;

    memset(system, 's', sizeof(system) - 1);
    system[sizeof(system) - 1] = 0;
    a = prefix_of(system, 'x', 3000);
    b = prefix_of(system, 'y', 900);
    c = prefix_of(system, 'x', 900);
    CHECK_INT(a.n, 4); /* 256, 512, 1024, 2048 */
    CHECK_INT(b.n, 3);
    CHECK(a.digests[0] == b.digests[0] && a.digests[1] == b.digests[1]);
    CHECK(a.digests[2] != b.digests[2]);
    CHECK(a.digests[2] == c.digests[2]);
    CHECK(a.digests[0] != a.digests[1] && a.digests[0]);
}

static void an_engine_remembers_what_it_read_last_and_forgets_the_oldest(void)
{
    struct affinity *a = affinity_new();
    uint64_t one[3] = { 11, 12, 13 }, other[3] = { 11, 12, 99 };

    CHECK_INT(affinity_match(a, one, 3), 0);
    affinity_saw(a, one, 3);
    CHECK_INT(affinity_match(a, one, 3), 3);
    CHECK_INT(affinity_match(a, other, 3), 2);
    for (uint64_t i = 1; i < 100000; i++) {
        uint64_t many = i * 0x9e3779b97f4a7c15u;

        affinity_saw(a, &many, 1);
    }
    CHECK_INT(affinity_match(a, one, 3), 0);
    affinity_saw(a, one, 3);
    affinity_forget(a);
    CHECK_INT(affinity_match(a, one, 3), 0);
    affinity_free(a);
}

static const struct tb_test tests[] = {
    TEST(one_failure_makes_suspect_and_three_open_it),
    TEST(after_the_rest_one_call_tries_and_the_rest_doubles_to_a_cap),
    TEST(half_of_the_last_twenty_is_too_often),
    TEST(a_full_engine_rests_as_long_as_it_asks_and_is_not_broken),
    TEST(a_look_ends_the_first_rest_early_only),
    TEST(prompts_that_begin_alike_have_the_same_digests_until_they_part),
    TEST(an_engine_remembers_what_it_read_last_and_forgets_the_oldest),
};
TEST_MAIN(tests)
