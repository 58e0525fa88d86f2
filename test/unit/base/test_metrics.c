/* Sums over series, and what share of the times between two sums lay below how much. */
#include "base/metrics.h"

#include "tb_test.h"

static void series_of_a_name_are_added_up_by_a_part_of_their_labels(void)
{
    struct metric_sum s;

    metric_add("sum_total", "verb=\"a\",code=\"200\"", 3);
    metric_add("sum_total", "verb=\"b\",code=\"200\"", 4);
    metric_add("sum_total", "verb=\"a\",code=\"499\"", 5);
    metric_add("sum_total_other", "code=\"200\"", 100);
    metric_sum("sum_total", "", &s);
    CHECK_INT((int)s.value, 12);
    metric_sum("sum_total", "code=\"2", &s);
    CHECK_INT((int)s.value, 7);
    metric_sum("nothing_total", "", &s);
    CHECK_INT((int)s.value, 0);
}

static void the_share_of_times_is_of_those_between_two_sums(void)
{
    struct metric_sum before, after;
    double half;

    metric_seen("sum_seconds", "class=\"staff\"", 20); /* long ago: no part of it */
    metric_sum("sum_seconds", "", &before);
    metric_sum("sum_seconds", "", &after);
    CHECK(metric_share(&before, &after, 0.5) < 0);
    for (int i = 0; i < 10; i++) {
        metric_seen("sum_seconds", "class=\"staff\"", 0.03);   /* 0.025 to 0.05 */
        metric_seen("sum_seconds", "class=\"hotline\"", 0.07); /* 0.05 to 0.1 */
    }
    metric_sum("sum_seconds", "", &after);
    half = metric_share(&before, &after, 0.5);
    CHECK(half > 0.0499 && half < 0.0501);
    half = metric_share(&before, &after, 0.75);
    CHECK(half > 0.0749 && half < 0.0751);
    CHECK_INT((int)(after.count - before.count), 20);
}

static void a_time_beyond_the_last_step_counts_as_the_last_step(void)
{
    struct metric_sum before, after;

    metric_sum("far_seconds", "", &before);
    metric_seen("far_seconds", "", 600);
    metric_sum("far_seconds", "", &after);
    CHECK_INT((int)after.within[METRIC_STEPS], 1);
    CHECK(metric_share(&before, &after, 0.5) > 59.9);
}

static const struct tb_test tests[] = {
    TEST(series_of_a_name_are_added_up_by_a_part_of_their_labels),
    TEST(the_share_of_times_is_of_those_between_two_sums),
    TEST(a_time_beyond_the_last_step_counts_as_the_last_step),
};
TEST_MAIN(tests)
