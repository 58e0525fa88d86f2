#include "store/staff.h"

#include "crypto/sm3.h"
#include "store/session.h"
#include "store/sign_in.h"
#include "tb_store.h"

enum { MINUTE = 60 * 1000 };

static void begin(void)
{
    tb_store_begin();
    CHECK_INT(db_run(db,
                     SQL("INSERT INTO setting(name, value) VALUES('access.rules', "
                         "'{\"dual\":false}')"),
                     NO_ARGS, &err),
              TB_OK);
    CHECK_INT(
        db_run(db,
               SQL("INSERT INTO department(id, name, short) VALUES('minzheng', '民政局', '民')"),
               NO_ARGS, &err),
        TB_OK);
}

static struct staff member(const char *login, enum role role)
{
    return (struct staff){ .login = str_z(login),
                           .name = STR("李伟"),
                           .role = role,
                           .department = STR("minzheng"),
                           .title = STR(""),
                           .password = STR("$argon2id$none"),
                           .must_change = true };
}

static int64_t add(struct db *d, const char *login, enum role role)
{
    struct tb_err e = TB_ERR_INIT;
    struct staff s = member(login, role);

    CHECK_INT(staff_add(d, &now, &s, &e), TB_OK);
    return s.id;
}

static bool signed_in(struct db *d, struct arena *a, const char *token, struct session *s)
{
    struct tb_err e = TB_ERR_INIT;
    bool found = false;

    CHECK_INT(session_find(d, a, &now, str_z(token), s, &found, &e), TB_OK);
    return found;
}

static void an_account_is_kept_as_it_was_given(void)
{
    struct staff s;
    int64_t n;

    add(db, "li.wei", ROLE_GUARDIAN);
    CHECK_INT(staff_read(db, &mem, STR("li.wei"), &s, &err), TB_OK);
    CHECK_STR(s.name, "李伟");
    CHECK_INT(s.role, ROLE_GUARDIAN);
    CHECK_STR(s.department_name, "民政局");
    CHECK(s.must_change);
    CHECK_INT(staff_read(db, &mem, STR("nobody"), &s, &err), TB_NOT_FOUND);
    CHECK_INT(staff_count(db, ROLE_GUARDIAN, &n, &err), TB_OK);
    CHECK_INT(n, 1);
}

static void odd_logins_unknown_offices_and_doubles_are_refused(void)
{
    static const char *const odd[] = {
        "li",    "Li.wei", "1li",     "li wei", "李伟伟",
        "li'--", "-liwei", "li\nwei", "",       "abcdefghijklmnopqrstuvwxyz0123456"
    };
    struct staff s;

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        s = member(odd[i], ROLE_CLERK);
        CHECK_INT(staff_add(db, &now, &s, &err), TB_INVALID);
    }
    s = member("li.wei", ROLE_CLERK);
    s.department = STR("nowhere");
    CHECK_INT(staff_add(db, &now, &s, &err), TB_INVALID);
    s = member("li.wei", ROLE_CITIZEN);
    CHECK_INT(staff_add(db, &now, &s, &err), TB_INVALID);
    s = member("li.wei", ROLE_SYSTEM);
    CHECK_INT(staff_add(db, &now, &s, &err), TB_INVALID);
    add(db, "li.wei", ROLE_CLERK);
    s = member("li.wei", ROLE_CLERK);
    CHECK_INT(staff_add(db, &now, &s, &err), TB_CONFLICT);
}

static void only_a_digest_of_the_token_is_kept(void)
{
    int64_t id = add(db, "li.wei", ROLE_CLERK), n;
    char token[TOKEN_TEXT], csrf[TOKEN_TEXT], hash[SM3_HEX];

    CHECK_INT(session_start(db, &now,
                            &(struct session_new){ id, STR("10.0.0.9"), "password", false }, token,
                            csrf, &err),
              TB_OK);
    sm3_hex(str_z(token), hash);
    CHECK_INT(db_ask_int(db, SQL("SELECT count(*) FROM session WHERE token_hash = :hash"),
                         ARGS(db_text("hash", str_z(hash))), &n, NULL, &err),
              TB_OK);
    CHECK_INT(n, 1);
}

static void half_an_hour_of_silence_ends_a_session(void)
{
    int64_t id = add(db, "li.wei", ROLE_CLERK);
    char token[TOKEN_TEXT], csrf[TOKEN_TEXT];
    struct session s;

    CHECK_INT(session_start(db, &now, &(struct session_new){ id, STR(""), "password", false },
                            token, csrf, &err),
              TB_OK);
    for (int i = 0; i < 5; i++) {
        now.fixed_ms += 29 * MINUTE;
        CHECK(signed_in(db, &mem, token, &s));
    }
    CHECK_STR(s.csrf, csrf);
    CHECK_STR(s.staff.login, "li.wei");
    now.fixed_ms += 30 * MINUTE;
    CHECK(!signed_in(db, &mem, token, &s));
}

static void twelve_hours_end_a_session_that_is_never_silent(void)
{
    int64_t id = add(db, "li.wei", ROLE_CLERK);
    char token[TOKEN_TEXT], csrf[TOKEN_TEXT];
    struct session s;

    CHECK_INT(session_start(db, &now, &(struct session_new){ id, STR(""), "password", false },
                            token, csrf, &err),
              TB_OK);
    for (int i = 0; i < 71; i++) {
        now.fixed_ms += 10 * MINUTE;
        CHECK(signed_in(db, &mem, token, &s));
    }
    now.fixed_ms += 10 * MINUTE;
    CHECK(!signed_in(db, &mem, token, &s));
}

static void what_ends_a_session_ends_it_at_once(void)
{
    int64_t id = add(db, "li.wei", ROLE_CLERK);
    char token[TOKEN_TEXT], csrf[TOKEN_TEXT];
    struct session s;

    for (int how = 0; how < 5; how++) {
        CHECK_INT(session_start(db, &now, &(struct session_new){ id, STR(""), "password", false },
                                token, csrf, &err),
                  TB_OK);
        CHECK(signed_in(db, &mem, token, &s));
        if (how == 0)
            CHECK_INT(session_end(db, s.id, &err), TB_OK);
        else if (how == 1)
            CHECK_INT(staff_set_password(db, &now, id, STR("x"), false, 0, &err), TB_OK);
        else if (how == 2)
            CHECK_INT(staff_set_role(db, id, ROLE_AUDITOR, STR("minzheng"), &err), TB_OK);
        else if (how == 3)
            CHECK_INT(staff_set_disabled(db, id, true, &err), TB_OK);
        else
            CHECK_INT(session_end_all(db, id, 0, &err), TB_OK);
        CHECK(!signed_in(db, &mem, token, &s));
        CHECK_INT(staff_set_disabled(db, id, false, &err), TB_OK);
        CHECK(!signed_in(db, &mem, token, &s)); /* enabling brings no session back */
    }
}

static void a_new_password_may_keep_the_session_it_was_set_in(void)
{
    int64_t id = add(db, "li.wei", ROLE_CLERK);
    char one[TOKEN_TEXT], two[TOKEN_TEXT], csrf[TOKEN_TEXT];
    struct session s;

    CHECK_INT(session_start(db, &now, &(struct session_new){ id, STR(""), "password", false }, one,
                            csrf, &err),
              TB_OK);
    CHECK_INT(session_start(db, &now, &(struct session_new){ id, STR(""), "password", false }, two,
                            csrf, &err),
              TB_OK);
    CHECK(signed_in(db, &mem, one, &s));
    CHECK_INT(staff_set_password(db, &now, id, STR("x"), false, s.id, &err), TB_OK);
    CHECK(signed_in(db, &mem, one, &s));
    CHECK(!s.staff.must_change);
    CHECK(!signed_in(db, &mem, two, &s));
}

static bool locked(struct db *d, const char *login, const char *address)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t until;

    CHECK_INT(sign_in_locked(d, &now, str_z(login), str_z(address), &until, &e), TB_OK);
    return until > 0;
}

static void fail(struct db *d, const char *login, const char *address, bool known)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(sign_in_failed(d, &now, str_z(login), str_z(address), known, &e), TB_OK);
}

static void five_failures_lock_a_login_for_a_quarter_of_an_hour(void)
{
    struct staff s;

    add(db, "li.wei", ROLE_CLERK);
    for (int i = 0; i < 5; i++) {
        CHECK(!locked(db, "li.wei", "10.0.0.1"));
        fail(db, "li.wei", "10.0.0.1", true);
    }
    CHECK(locked(db, "li.wei", "10.0.0.1"));
    CHECK(locked(db, "li.wei", "10.0.0.2"));     /* from wherever */
    CHECK(!locked(db, "wang.fang", "10.0.0.1")); /* colleagues of the office are not locked out */
    CHECK_INT(staff_read(db, &mem, STR("li.wei"), &s, &err), TB_OK);
    CHECK_INT(s.locked_until, now.fixed_ms + 15 * MINUTE);
    now.fixed_ms += 15 * MINUTE - 1;
    CHECK(locked(db, "li.wei", "10.0.0.1"));
    now.fixed_ms += 1;
    CHECK(!locked(db, "li.wei", "10.0.0.1"));
}

static void a_login_that_does_not_exist_is_locked_like_any_other(void)
{
    for (int i = 0; i < 5; i++) {
        char address[16];

        snprintf(address, sizeof(address), "10.0.0.%d", i);
        CHECK(!locked(db, "nobody", address));
        fail(db, "nobody", address, false);
    }
    CHECK(locked(db, "nobody", "10.0.0.99"));
}

static void guessing_names_locks_the_address(void)
{
    char login[32];

    add(db, "li.wei", ROLE_CLERK);
    for (int i = 0; i < 5; i++) {
        CHECK(!locked(db, "li.wei", "10.0.0.1"));
        snprintf(login, sizeof(login), "guess%d", i);
        fail(db, login, "10.0.0.1", false);
    }
    CHECK(locked(db, "li.wei", "10.0.0.1"));
    CHECK(!locked(db, "li.wei", "10.0.0.2"));
}

static void one_password_tried_on_everybody_locks_the_address(void)
{
    char login[32];

    for (int i = 0; i < SIGN_IN_ADDRESS_TRIES; i++) {
        CHECK(!locked(db, "li.wei", "10.0.0.1"));
        snprintf(login, sizeof(login), "staff%d", i);
        fail(db, login, "10.0.0.1", true);
    }
    CHECK(locked(db, "li.wei", "10.0.0.1"));
}

static void a_success_forgets_the_failures_of_the_login(void)
{
    add(db, "li.wei", ROLE_CLERK);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++)
            fail(db, "li.wei", "10.0.0.1", true);
        CHECK(!locked(db, "li.wei", "10.0.0.1"));
        CHECK_INT(sign_in_done(db, STR("li.wei"), &err), TB_OK);
    }
}

static void a_clock_put_back_locks_nobody_out_and_lengthens_no_session(void)
{
    int64_t id = add(db, "li.wei", ROLE_CLERK);
    char token[TOKEN_TEXT], csrf[TOKEN_TEXT];
    struct session s;

    CHECK_INT(session_start(db, &now, &(struct session_new){ id, STR(""), "password", false },
                            token, csrf, &err),
              TB_OK);
    for (int i = 0; i < 5; i++)
        fail(db, "li.wei", "10.0.0.1", true);
    now.fixed_ms -= (int64_t)365 * 24 * 60 * MINUTE;
    CHECK(!locked(db, "li.wei", "10.0.0.1"));
    CHECK(!signed_in(db, &mem, token, &s));
}

static const struct tb_test tests[] = {
    TEST(an_account_is_kept_as_it_was_given),
    TEST(odd_logins_unknown_offices_and_doubles_are_refused),
    TEST(only_a_digest_of_the_token_is_kept),
    TEST(half_an_hour_of_silence_ends_a_session),
    TEST(twelve_hours_end_a_session_that_is_never_silent),
    TEST(what_ends_a_session_ends_it_at_once),
    TEST(a_new_password_may_keep_the_session_it_was_set_in),
    TEST(five_failures_lock_a_login_for_a_quarter_of_an_hour),
    TEST(a_login_that_does_not_exist_is_locked_like_any_other),
    TEST(guessing_names_locks_the_address),
    TEST(one_password_tried_on_everybody_locks_the_address),
    TEST(a_success_forgets_the_failures_of_the_login),
    TEST(a_clock_put_back_locks_nobody_out_and_lengthens_no_session),
};
STORE_TEST_MAIN(tests, begin)
