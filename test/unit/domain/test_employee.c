#include "domain/employee.h"

#include "tb_test.h"

/* Wednesday 2026-11-18, 10:00 in the city. */
static const int64_t morning = 1795000000000 - 1795000000000 % 86400000 + 2 * 3600 * 1000;

static struct str policy[] = { { "policy", 6 } };
static struct str minzheng[] = { { "minzheng", 8 } };

static struct employee one(void)
{
    struct employee x = { .id = 1, .department = STR("minzheng"), .phase = PHASE_PUBLIC };

    x.scenarios = (struct words){ policy, 1 };
    x.sensitivity = SENSITIVITY_MEDIUM;
    x.guardian = (struct keeper){ .id = 7, .able = true };
    return x;
}

static struct actor citizen(void)
{
    return (struct actor){ .role = ROLE_CITIZEN, .department = STR("") };
}

static struct actor clerk_of(const char *department)
{
    return (struct actor){ .id = 3, .role = ROLE_CLERK, .department = str_z(department) };
}

static void without_a_guardian_nobody_answers(void)
{
    struct employee x = one();

    CHECK_INT(employee_duty(&x, morning), DUTY_READY);
    x.guardian.able = false;
    CHECK_INT(employee_duty(&x, morning), DUTY_NO_GUARDIAN);
    x.deputy = (struct keeper){ .id = 8, .able = true };
    CHECK_INT(employee_duty(&x, morning), DUTY_NO_GUARDIAN); /* nobody to stand in for */
    x.guardian.id = 0;
    CHECK_INT(employee_duty(&x, morning), DUTY_NO_GUARDIAN);
}

static void a_deputy_stands_in_for_a_guardian_on_leave(void)
{
    struct employee x = one();

    x.guardian.away = true;
    CHECK_INT(employee_duty(&x, morning), DUTY_GUARDIAN_AWAY);
    CHECK(employee_guard(&x) == NULL);
    x.deputy = (struct keeper){ .id = 8, .able = true };
    CHECK_INT(employee_duty(&x, morning), DUTY_READY);
    CHECK(employee_guard(&x) == &x.deputy);
    x.deputy.away = true;
    CHECK_INT(employee_duty(&x, morning), DUTY_GUARDIAN_AWAY);
    x.deputy = (struct keeper){ .id = 8, .able = false };
    CHECK_INT(employee_duty(&x, morning), DUTY_GUARDIAN_AWAY);
}

static void the_switch_goes_before_everything(void)
{
    struct employee x = one();

    x.off = true;
    x.guardian.able = false;
    CHECK_INT(employee_duty(&x, morning), DUTY_OFF);
}

static void hours_are_of_the_city_and_end_before_their_last_minute(void)
{
    struct employee x = one();
    const int64_t minute = 60000;

    x.hours[0] = (struct duty_hours){ .days = 1U << 2, .from = 9 * 60, .to = 10 * 60 + 1 };
    x.hour_n = 1;
    CHECK_INT(employee_duty(&x, morning), DUTY_READY);
    CHECK_INT(employee_duty(&x, morning + minute), DUTY_AFTER_HOURS);
    CHECK_INT(employee_duty(&x, morning - 61 * minute), DUTY_AFTER_HOURS);
    x.hours[0].days = 1U << 3;
    CHECK_INT(employee_duty(&x, morning), DUTY_AFTER_HOURS);
}

static void each_phase_shows_it_to_more_people(void)
{
    struct employee x = one();
    struct actor c = citizen(), in = clerk_of("minzheng"), out = clerk_of("renshe"), guard = out;

    guard.id = 7;
    x.phase = PHASE_TRIAL;
    CHECK(!employee_seen_by(&x, &c) && !employee_seen_by(&x, &out));
    CHECK(employee_seen_by(&x, &in) && employee_seen_by(&x, &guard));
    x.phase = PHASE_INTERNAL;
    CHECK(!employee_seen_by(&x, &c) && employee_seen_by(&x, &out));
    x.phase = PHASE_PUBLIC;
    CHECK(employee_seen_by(&x, &c));
}

static void a_department_s_own_employee_goes_first(void)
{
    struct employee all[2] = { one(), one() };
    struct actor c = citizen(), in = clerk_of("minzheng");

    all[1].id = 2;
    all[1].serves = (struct words){ minzheng, 1 };
    CHECK_INT(employee_for(all, 2, "policy", STR("minzheng"), &c)->id, 2);
    CHECK_INT(employee_for(all, 2, "policy", STR("renshe"), &c)->id, 1);
    CHECK(employee_for(all, 2, "hotline", STR("renshe"), &c) == NULL);
    /* one on trial leaves citizens to its elder, and its own people try it */
    all[1].phase = PHASE_TRIAL;
    CHECK_INT(employee_for(all, 2, "policy", STR("minzheng"), &c)->id, 1);
    CHECK_INT(employee_for(all, 2, "policy", STR("minzheng"), &in)->id, 2);
    /* one that was public and was called back keeps its questions: nobody else answers them */
    all[1].been_public = true;
    CHECK_INT(employee_for(all, 2, "policy", STR("minzheng"), &c)->id, 2);
    CHECK(!employee_seen_by(&all[1], &c));
}

static void there_are_eleven_categories_and_the_sensitive_ones_need_a_signature(void)
{
    size_t n = 0;

    while (category_at(n))
        n++;
    CHECK_INT(n, 11);
    CHECK_INT(category_sensitivity(STR("interpretation")), SENSITIVITY_HIGH);
    CHECK_INT(category_sensitivity(STR("approval")), SENSITIVITY_HIGH);
    CHECK_INT(category_sensitivity(STR("unheard of")), SENSITIVITY_HIGH);
    CHECK(category_title(STR("unheard of")) == NULL);
}

static const struct tb_test table[] = {
    TEST(without_a_guardian_nobody_answers),
    TEST(a_deputy_stands_in_for_a_guardian_on_leave),
    TEST(the_switch_goes_before_everything),
    TEST(hours_are_of_the_city_and_end_before_their_last_minute),
    TEST(each_phase_shows_it_to_more_people),
    TEST(a_department_s_own_employee_goes_first),
    TEST(there_are_eleven_categories_and_the_sensitive_ones_need_a_signature),
};
TEST_MAIN(table)
