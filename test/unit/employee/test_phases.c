#include "scenario/employee/phases.h"

#include "scenario/employee/rules.h"
#include "scenario/employee/watch.h"
#include "store/employee.h"
#include "store/step.h"
#include "store/verdict.h"
#include "tb_store.h"

static struct talk talk;
static struct services at;
static struct employee_rules *rules;
static int64_t conversation;

static void begin(void)
{
    tb_store_begin();
    CHECK_INT(employee_rules_open(share_dir(&mem), &rules, &err), TB_OK);
    at = (struct services){ .share_dir = share_dir(&mem), .employees = rules };
    talk = (struct talk){ .world = &now, .db = db, .at = &at };
    talk.actor = (struct actor){ .id = 1, .role = ROLE_SYSTEM, .login = STR("system") };
    CHECK_INT(db_run(db, SQL("INSERT INTO department(id, name, short) VALUES('d', '局', '局')"),
                     NO_ARGS, &err),
              TB_OK);
    CHECK_INT(db_run(db,
                     SQL("INSERT INTO staff(id, login, name, role, department_id, password, "
                         "created_at, password_at) VALUES(1, 'guard', '某', 'guardian', 'd', 'x', "
                         "0, 0)"),
                     NO_ARGS, &err),
              TB_OK);
    CHECK_INT(db_insert(db, SQL("INSERT INTO conversation(code, created_at) VALUES('c', :now)"),
                        ARGS(db_int("now", now.fixed_ms)), &conversation, &err),
              TB_OK);
}

static struct employee made(const char *key, enum phase phase)
{
    static struct str policy[] = { { "policy", 6 } }, open[] = { { "public", 6 } };
    struct employee x = { .key = str_z(key),
                          .name = STR("问答员"),
                          .category = STR("inquiry"),
                          .department = STR("d"),
                          .phase = phase,
                          .sensitivity = SENSITIVITY_MEDIUM,
                          .prompt = STR("answer") };

    x.scenarios = (struct words){ policy, 1 };
    x.knowledge = (struct words){ open, 1 };
    x.guardian.login = STR("guard");
    CHECK_INT(employee_keep(&talk, &x, STR("试"), 0, &err), TB_OK);
    return x;
}

static void answers(const struct employee *x, int n, int agreed)
{
    for (int i = 0; i < n; i++) {
        int64_t id = 0;

        CHECK_INT(db_insert(db,
                            SQL("INSERT INTO exchange(conversation_id, receipt, question, as_of, "
                                "outcome, created_at, employee_id, sentence_count) VALUES(:c, "
                                "hex(randomblob(8)), '问', 20000, 'answered', :now, :e, 4)"),
                            ARGS(db_int("c", conversation), db_int("now", now.fixed_ms),
                                 db_int("e", x->id)),
                            &id, &err),
                  TB_OK);
        CHECK_INT(verdict_keep(&talk, x->id, id, i < agreed, &err), TB_OK);
    }
}

static enum phase phase_of(const char *key)
{
    struct employee x;

    CHECK_INT(employee_read(db, &mem, &now, str_z(key), &x, &err), TB_OK);
    return x.phase;
}

static void who_falls_below_goes_one_step_back(void)
{
    struct employee x = made("a", PHASE_PUBLIC);
    struct step *s;
    int64_t fell = 0;
    size_t n = 0;

    now.fixed_ms += 1000;
    answers(&x, 20, 17);
    CHECK_INT(phases_call_back(&talk, &fell, &err), TB_OK);
    CHECK_INT(fell, 0); /* 0.85 is enough */
    answers(&x, 1, 0);
    CHECK_INT(phases_call_back(&talk, &fell, &err), TB_OK);
    CHECK_INT(fell, 1);
    CHECK_INT(phase_of("a"), PHASE_INTERNAL);
    CHECK_INT(step_list(&talk, x.id, &s, &n, &err), TB_OK);
    CHECK_STR(s[0].kind, "fall");
    CHECK(str_has(s[0].reason, STR("自动退回")));
    /* the same figures do not count again in the phase it is in now */
    now.fixed_ms += 1000;
    CHECK_INT(phases_call_back(&talk, &fell, &err), TB_OK);
    CHECK_INT(fell, 0);
}

static void a_few_bad_answers_prove_nothing(void)
{
    struct employee x = made("a", PHASE_PUBLIC);
    int64_t fell = 0;

    now.fixed_ms += 1000;
    answers(&x, 19, 0);
    CHECK_INT(phases_call_back(&talk, &fell, &err), TB_OK);
    CHECK_INT(fell, 0);
}

static void what_is_long_ago_is_forgotten(void)
{
    struct employee x = made("a", PHASE_PUBLIC);
    int64_t fell = 0;

    now.fixed_ms += 1000;
    answers(&x, 30, 0);
    now.fixed_ms += (rules_days(rules) + 1) * 24 * 3600 * 1000;
    CHECK_INT(phases_call_back(&talk, &fell, &err), TB_OK);
    CHECK_INT(fell, 0);
}

static void the_timer_looks_once_a_minute_by_the_clock_it_is_given(void)
{
    struct employee x = made("a", PHASE_PUBLIC);
    struct employee_watch w = { .next = 0 };

    CHECK_INT(employee_watch_look(&w, &at, db, &now, &err), TB_OK);
    now.fixed_ms += WATCH_EVERY_MS - 1;
    answers(&x, 21, 0);
    CHECK_INT(employee_watch_look(&w, &at, db, &now, &err), TB_OK);
    CHECK_INT(phase_of("a"), PHASE_PUBLIC);
    now.fixed_ms += 1;
    CHECK_INT(employee_watch_look(&w, &at, db, &now, &err), TB_OK);
    CHECK_INT(phase_of("a"), PHASE_INTERNAL);
}

static void a_trial_has_nowhere_to_fall(void)
{
    struct employee x = made("a", PHASE_TRIAL);
    int64_t fell = 0;

    answers(&x, 50, 0);
    CHECK_INT(phases_call_back(&talk, &fell, &err), TB_OK);
    CHECK_INT(fell, 0);
}

static void end(void)
{
    arena_release(&talk.mem);
    employee_rules_close(rules);
    tb_store_end();
}

static const struct tb_test table[] = {
    TEST(who_falls_below_goes_one_step_back),
    TEST(a_few_bad_answers_prove_nothing),
    TEST(what_is_long_ago_is_forgotten),
    TEST(the_timer_looks_once_a_minute_by_the_clock_it_is_given),
    TEST(a_trial_has_nowhere_to_fall),
};

int main(void)
{
    return tb_test_around(table, sizeof(table) / sizeof(table[0]), begin, end);
}
