/* 双岗制: what becomes public has been signed by somebody with the right who is not its author.
 * Half of these tests edit the database by hand, as somebody with a SQL prompt would. */
#include "store/draft.h"

#include "base/date.h"
#include "store/db_int.h"
#include "store/staff.h"
#include "store/standard.h"
#include "tb_store.h"

static struct talk t;

enum { ZHOU = 1, LUO, GU, QIN, PENG }; /* guardian, admin, clerk, another's guardian, auditor */

static void person(const char *login, const char *name, enum role role, const char *department)
{
    struct staff s = { .login = str_z(login),
                       .name = str_z(name),
                       .role = role,
                       .department = str_z(department),
                       .title = STR(""),
                       .password = STR("x") };

    CHECK_INT(staff_add(db, &now, &s, &err), TB_OK);
}

static void begin(void)
{
    arena_release(&t.mem); /* of the test before */
    tb_store_begin();
    t = (struct talk){ .world = &now, .db = db };
    t.actor.role = ROLE_SYSTEM;
    CHECK_INT(
        db_script(db,
                  "INSERT INTO department(id, name, short, place) VALUES('minzheng', '民政局', "
                  "'民政', 1), ('renshe', '人社局', '人社', 2);",
                  &err),
        TB_OK);
    CHECK_INT(
        db_script(db,
                  "INSERT INTO setting(name, value) VALUES('access.rules', '{\"dual\":false}');",
                  &err),
        TB_OK);
    person("zhou.zhiyuan", "周志远", ROLE_GUARDIAN, "minzheng");
    person("luo.jing", "罗静", ROLE_DEPARTMENT_ADMIN, "minzheng");
    person("gu.min", "顾敏", ROLE_CLERK, "minzheng");
    person("qin.yuzhen", "秦玉珍", ROLE_GUARDIAN, "renshe");
    person("peng.yiming", "彭一鸣", ROLE_AUDITOR, "minzheng");
}

static void act(int64_t id, const char *name, enum role role)
{
    t.actor = (struct actor){
        .id = id, .name = str_z(name), .role = role, .department = STR("minzheng")
    };
}

static struct draft standard_by(int64_t id, const char *name, enum role role)
{
    static struct str questions[1];
    struct standard s = { .answer = STR("到社区登记。"),
                          .department = STR("minzheng"),
                          .source = STR("page"),
                          .valid_from = DAY_NONE,
                          .valid_to = DAY_NONE,
                          .questions = questions,
                          .question_n = 1 };
    struct draft d = { .id = 0 };

    questions[0] = STR("高龄津贴怎么申请");
    act(id, name, role);
    CHECK_INT(standard_keep(&t, &s, &d, &err), TB_OK);
    return d;
}

static struct draft clerks_standard(void)
{
    return standard_by(GU, "顾敏", ROLE_CLERK);
}

/* A statement of somebody at a SQL prompt; what the database says to it. */
static bool by_hand(const char *statement, const char *why)
{
    struct tb_err e = TB_ERR_INIT;
    enum tb_code c = TB_OK;

    if (db_begin(db, &e))
        return false;
    c = db_script(db, statement, &e);
    (void)!db_end(db, c, &e);
    if (c == TB_OK)
        printf("# went through: %s\n", statement);
    else if (!strstr(e.log, why))
        printf("# %s: %s\n", statement, e.log);
    return c != TB_OK && strstr(e.log, why);
}

static int64_t count(struct sql q)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t n = -1;

    CHECK_INT(db_ask_int(db, q, NO_ARGS, &n, NULL, &e), TB_OK);
    return n;
}

static enum tb_code sign_as(const struct draft *d, int64_t id, const char *name, enum role role)
{
    struct signer by;

    err = (struct tb_err)TB_ERR_INIT;
    act(id, name, role);
    by = signer_of(&t);
    return standard_sign(&t, d, &by, &err);
}

/* ---- the way of a draft ---- */

static void the_states_of_the_program_are_those_of_the_database(void)
{
    struct tb_err e = TB_ERR_INIT;

    for (enum draft_state x = DRAFT_DRAFTED; x < DRAFT_STATES; x++) {
        for (enum draft_state y = DRAFT_DRAFTED; y < DRAFT_STATES; y++) {
            int64_t n = -1;

            CHECK_INT(
                db_ask_int(db,
                           SQL("SELECT count(*) FROM draft_step WHERE before = :x AND after = :y"),
                           ARGS(db_text("x", str_z(draft_state_name(x))),
                                db_text("y", str_z(draft_state_name(y)))),
                           &n, NULL, &e),
                TB_OK);
            CHECK_INT(n, draft_may(x, y));
        }
    }
}

static void somebody_else_with_the_right_signs_and_it_is_public(void)
{
    struct draft d = clerks_standard(), after;

    CHECK_INT(d.state, DRAFT_WAITING);
    CHECK_INT(count(SQL("SELECT count(*) FROM standard_answer WHERE state = 'approved'")), 0);
    CHECK_INT(sign_as(&d, ZHOU, "周志远", ROLE_GUARDIAN), TB_OK);
    CHECK_INT(count(SQL("SELECT count(*) FROM standard_answer WHERE state = 'approved' AND "
                        "approved_by = 1")),
              1);
    CHECK_INT(draft_read(&t, d.receipt, &after, &err), TB_OK);
    CHECK_INT(after.state, DRAFT_PUBLIC);
    CHECK_STR(after.signer_name, "周志远");
    CHECK_STR(after.signed_way, "desk");
}

static void its_author_cannot_sign_it(void)
{
    struct draft d = standard_by(ZHOU, "周志远", ROLE_GUARDIAN);

    CHECK_INT(sign_as(&d, ZHOU, "周志远", ROLE_GUARDIAN), TB_FORBIDDEN);
    CHECK(strstr(err.say, "自己写的"));
    CHECK_INT(sign_as(&d, LUO, "罗静", ROLE_DEPARTMENT_ADMIN), TB_OK);
}

static void who_has_no_right_cannot_sign_it(void)
{
    struct draft d = standard_by(ZHOU, "周志远", ROLE_GUARDIAN);

    CHECK_INT(sign_as(&d, GU, "顾敏", ROLE_CLERK), TB_FORBIDDEN);
    CHECK_INT(sign_as(&d, PENG, "彭一鸣", ROLE_AUDITOR), TB_FORBIDDEN);
    CHECK_INT(sign_as(&d, QIN, "秦玉珍", ROLE_GUARDIAN), TB_FORBIDDEN);
    CHECK(strstr(err.say, "民政局"));
    CHECK_INT(db_script(db, "UPDATE staff SET disabled = 1 WHERE id = 2", &err), TB_OK);
    CHECK_INT(sign_as(&d, LUO, "罗静", ROLE_DEPARTMENT_ADMIN), TB_FORBIDDEN);
    CHECK_INT(draft_hand(&t, &d, QIN, &err), TB_OK); /* handed over by name: now she may */
    CHECK_INT(sign_as(&d, QIN, "秦玉珍", ROLE_GUARDIAN), TB_OK);
}

static void of_two_at_once_the_second_is_told_and_nothing_is_lost(void)
{
    struct draft d = clerks_standard();

    CHECK_INT(sign_as(&d, ZHOU, "周志远", ROLE_GUARDIAN), TB_OK);
    CHECK_INT(sign_as(&d, LUO, "罗静", ROLE_DEPARTMENT_ADMIN), TB_CONFLICT);
    CHECK(strstr(err.say, "已由周志远签发"));
    CHECK_INT(count(SQL("SELECT count(*) FROM signature")), 1);
}

static void what_was_edited_meanwhile_must_be_read_again(void)
{
    struct draft d = clerks_standard(), read = d;

    act(LUO, "罗静", ROLE_DEPARTMENT_ADMIN);
    CHECK_INT(draft_change(&t, &d, d.title, STR("{\"answer\":\"改\"}"), false, &err), TB_OK);
    CHECK_INT(d.revision, 2);
    CHECK_INT(sign_as(&read, ZHOU, "周志远", ROLE_GUARDIAN), TB_CONFLICT);
    CHECK(strstr(err.say, "改过"));
    act(ZHOU, "周志远", ROLE_GUARDIAN);
    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(draft_change(&t, &read, d.title, STR("{}"), false, &err), TB_CONFLICT);
}

static void who_rewrites_it_becomes_an_author(void)
{
    struct draft d = clerks_standard();
    struct str why;

    act(ZHOU, "周志远", ROLE_GUARDIAN);
    CHECK_INT(draft_change(&t, &d, d.title, STR("{\"answer\":\"每月900元\"}"), true, &err), TB_OK);
    CHECK_INT(draft_why_not(&t, &d, ZHOU, &why, &err), TB_OK);
    CHECK(str_has(why, STR("作者之一")));
    CHECK_INT(sign_as(&d, ZHOU, "周志远", ROLE_GUARDIAN), TB_FORBIDDEN);
    CHECK(by_hand(
        "INSERT INTO signature(draft_id, revision, digest, signer_id, signer_name, way, at) "
        "SELECT id, revision, digest, 1, '周志远', 'desk', 1 FROM draft",
        "作者不能签发"));
}

static void rows_changed_by_hand_between_sending_and_signing_are_noticed(void)
{
    struct draft d = clerks_standard();

    CHECK_INT(db_script(db, "UPDATE standard_answer SET answer = '不用登记。'", &err), TB_OK);
    CHECK_INT(sign_as(&d, ZHOU, "周志远", ROLE_GUARDIAN), TB_CONFLICT);
    CHECK_INT(count(SQL("SELECT count(*) FROM signature")), 0);
}

static void a_change_of_a_public_one_waits_beside_it(void)
{
    struct draft d = clerks_standard(), next;
    struct standard s;

    CHECK_INT(sign_as(&d, ZHOU, "周志远", ROLE_GUARDIAN), TB_OK);
    CHECK_INT(standard_read(&t, d.subject_id, &s, &err), TB_OK);
    s.answer = STR("到街道登记。");
    CHECK_INT(standard_keep(&t, &s, &next, &err), TB_OK);
    CHECK(next.subject_id != d.subject_id);
    CHECK_INT(
        count(SQL("SELECT count(*) FROM standard_answer WHERE state = 'approved' AND answer = "
                  "'到社区登记。'")),
        1);
    CHECK_INT(sign_as(&next, LUO, "罗静", ROLE_DEPARTMENT_ADMIN), TB_OK);
    CHECK_INT(
        count(SQL("SELECT count(*) FROM standard_answer WHERE state = 'approved' AND answer = "
                  "'到街道登记。'")),
        1);
    CHECK_INT(count(SQL("SELECT count(*) FROM standard_answer WHERE state = 'approved'")), 1);
}

static void a_returned_draft_comes_back_with_its_reason_and_can_be_sent_again(void)
{
    struct draft d = clerks_standard();

    act(ZHOU, "周志远", ROLE_GUARDIAN);
    CHECK_INT(draft_return(&t, &d, STR("依据不对"), &err), TB_OK);
    CHECK_INT(draft_read(&t, d.receipt, &d, &err), TB_OK);
    CHECK_INT(d.state, DRAFT_RETURNED);
    CHECK_STR(d.note, "依据不对");
    CHECK_INT(sign_as(&d, LUO, "罗静", ROLE_DEPARTMENT_ADMIN), TB_CONFLICT);
    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(draft_again(&t, &d, &err), TB_OK);
    CHECK_INT(draft_read(&t, d.receipt, &d, &err), TB_OK);
    CHECK_INT(sign_as(&d, LUO, "罗静", ROLE_DEPARTMENT_ADMIN), TB_OK);
}

/* ---- promised times ---- */

static void what_is_late_goes_to_the_next_person(void)
{
    struct draft d = clerks_standard();
    int64_t moved;

    CHECK_INT(db_script(db, "UPDATE draft SET due_at = 1795000060000, reviewer_id = 1", &err),
              TB_OK);
    t.actor = (struct actor){ .role = ROLE_SYSTEM };
    CHECK_INT(draft_escalate(&t, 3600000, &moved, &err), TB_OK);
    CHECK_INT(moved, 0);
    now.fixed_ms += 61000;
    CHECK_INT(draft_escalate(&t, 3600000, &moved, &err), TB_OK);
    CHECK_INT(moved, 1);
    CHECK_INT(draft_read(&t, d.receipt, &d, &err), TB_OK);
    CHECK_INT(d.reviewer_id, LUO);
    CHECK_INT(d.due_at, now.fixed_ms + 3600000);
    CHECK_INT(draft_escalate(&t, 3600000, &moved, &err), TB_OK);
    CHECK_INT(moved, 0);
    CHECK_INT(count(SQL("SELECT count(*) FROM audit WHERE verb = 'review.escalate'")), 1);
}

static void a_guardian_who_is_gone_hands_on_what_waits(void)
{
    struct draft d = clerks_standard();
    int64_t moved;

    CHECK_INT(draft_hand(&t, &d, ZHOU, &err), TB_OK);
    CHECK_INT(db_script(db, "UPDATE staff SET role = 'clerk' WHERE id = 1", &err), TB_OK);
    CHECK_INT(draft_escalate(&t, 3600000, &moved, &err), TB_OK);
    CHECK_INT(moved, 1);
    CHECK_INT(draft_read(&t, d.receipt, &d, &err), TB_OK);
    CHECK_INT(d.reviewer_id, LUO);
    CHECK_INT(sign_as(&d, ZHOU, "周志远", ROLE_GUARDIAN), TB_FORBIDDEN);
    CHECK_INT(sign_as(&d, LUO, "罗静", ROLE_DEPARTMENT_ADMIN), TB_OK);
}

static void a_guardian_on_leave_hands_on_what_waits_until_nobody_is_left(void)
{
    struct draft d = clerks_standard();
    int64_t moved;

    CHECK_INT(draft_hand(&t, &d, ZHOU, &err), TB_OK);
    CHECK_INT(db_script(db,
                        "INSERT INTO staff_leave(staff_id, from_day, to_day, created_at) VALUES(1, "
                        "20775, 20776, 1);",
                        &err),
              TB_OK);
    CHECK_INT(draft_escalate(&t, 3600000, &moved, &err), TB_OK);
    CHECK_INT(moved, 1);
    CHECK_INT(draft_read(&t, d.receipt, &d, &err), TB_OK);
    CHECK_INT(d.reviewer_id, LUO);
    now.fixed_ms = d.due_at + 1;
    CHECK_INT(draft_escalate(&t, 3600000, &moved, &err), TB_OK);
    CHECK_INT(moved, 0); /* she is the last: it stays with her, and is late again later */
}

/* ---- a hand at the database ---- */

static void no_statement_makes_a_draft_public_without_a_signature(void)
{
    (void)clerks_standard();
    CHECK(by_hand("UPDATE draft SET state = 'signed'", "没有签发"));
    CHECK(by_hand("UPDATE draft SET state = 'public'", "双岗制"));
    CHECK(by_hand("UPDATE standard_answer SET state = 'approved'", "没有签发"));
    CHECK(by_hand("INSERT INTO standard_answer(answer, approved_at, updated_at) VALUES('x', 1, 1)",
                  "先送审"));
    CHECK(
        by_hand("INSERT INTO draft(receipt, kind, subject_id, title, body, digest, author_kind, "
                "author_name, state, created_at, updated_at) VALUES('S1', 'standard', 9, '', '{}', "
                "'', 'import', 'x', 'signed', 1, 1)",
                "只能从起草"));
    CHECK(by_hand("UPDATE draft SET author_kind = 'import', author_id = NULL", "作者和来历"));
    CHECK(
        by_hand("INSERT OR REPLACE INTO draft(id, receipt, kind, subject_id, title, body, digest, "
                "author_kind, author_name, created_at, updated_at) SELECT id, receipt, kind, "
                "subject_id, title, body, digest, 'import', 'x', 1, 1 FROM draft",
                "双岗制"));
    CHECK(by_hand("DELETE FROM draft", "不能删除"));
    CHECK(by_hand("UPDATE draft SET body = '{}'", "新的一稿"));
}

#define SIGN "INSERT INTO signature(draft_id, revision, digest, signer_id, signer_name, way, at) "

static void no_statement_signs_for_the_author_or_without_the_right(void)
{
    (void)standard_by(ZHOU, "周志远", ROLE_GUARDIAN);
    CHECK(
        by_hand(SIGN "SELECT id, revision, digest, 1, '周志远', 'desk', 1 FROM draft", "作者不能"));
    CHECK(by_hand(SIGN "SELECT id, revision, digest, 3, '顾敏', 'desk', 1 FROM draft", "权限"));
    CHECK(by_hand(SIGN "SELECT id, revision, digest, 4, '秦玉珍', 'desk', 1 FROM draft", "权限"));
    CHECK(by_hand(SIGN "SELECT id, revision, digest, 2, '别人', 'desk', 1 FROM draft", "权限"));
    CHECK(
        by_hand(SIGN "SELECT id, revision, digest, NULL, 'root', 'owner', 1 FROM draft", "双岗制"));
    CHECK(
        by_hand(SIGN "SELECT id, revision, digest, 2, '罗静', 'before', 1 FROM draft", "来历不符"));
    CHECK(
        by_hand(SIGN "SELECT id, revision, digest, 2, '罗静', 'import', 1 FROM draft", "来历不符"));
    CHECK(by_hand(SIGN "SELECT id, revision + 1, digest, 2, '罗静', 'desk', 1 FROM draft",
                  "待签的这一稿"));
    CHECK(by_hand("INSERT INTO signing_role(role) VALUES('clerk')", "不能改"));
    CHECK(by_hand("UPDATE signing_role SET role = 'clerk'", "不能改"));
    CHECK(by_hand("INSERT INTO draft_step(before, after) VALUES('waiting', 'public')", "不能改"));
    CHECK(by_hand("DELETE FROM draft_step", "不能改"));
}

static void what_is_public_cannot_be_changed_by_a_statement(void)
{
    struct draft d = clerks_standard();

    CHECK_INT(sign_as(&d, ZHOU, "周志远", ROLE_GUARDIAN), TB_OK);
    CHECK(by_hand("UPDATE standard_answer SET answer = '每月一万元。'", "不能改"));
    CHECK(by_hand("UPDATE standard_answer SET valid_to = 99999", "不能改"));
    CHECK(by_hand("UPDATE standard_answer SET approved_by = 2", "不能改"));
    CHECK(by_hand("DELETE FROM standard_question", "不能改"));
    CHECK(by_hand("UPDATE standard_question SET text = '别的'", "不能改"));
    CHECK(by_hand("INSERT INTO standard_question(standard_answer_id, text) VALUES(1, '别的')",
                  "不能改"));
    CHECK(by_hand(
        "INSERT OR REPLACE INTO standard_question(id, standard_answer_id, text) VALUES(1, 7, "
        "'x')",
        "不能改"));
    CHECK(by_hand("INSERT INTO standard_citation(standard_answer_id, document_number, clause) "
                  "VALUES(1, 'x', 'y')",
                  "不能改"));
    CHECK(by_hand("DELETE FROM standard_answer", "不能删除"));
    CHECK(by_hand(
        "INSERT OR REPLACE INTO standard_answer(id, answer, state, approved_at, updated_at) "
        "VALUES(1, 'x', 'withdrawn', 1, 1)",
        "双岗制"));
    CHECK(by_hand("UPDATE draft SET body = '{}', revision = 9", "不能改"));
    CHECK(by_hand("UPDATE signature SET signer_id = 2", "不能改"));
    CHECK(by_hand("DELETE FROM signature", "不能删除"));
    CHECK_INT(standard_withdraw(&t, d.subject_id, &err),
              TB_OK); /* taking it back is always possible */
    CHECK(by_hand("UPDATE standard_answer SET state = 'approved'", "没有签发"));
}

static void one_edit_leaves_its_trace_and_the_trace_stays(void)
{
    struct draft d = clerks_standard();
    struct draft_edit *edits;
    size_t n;

    act(ZHOU, "周志远", ROLE_GUARDIAN);
    CHECK_INT(draft_change(&t, &d, d.title, STR("{\"a\":1}"), false, &err), TB_OK);
    CHECK_INT(draft_edits(&t, d.id, &edits, &n, &err), TB_OK);
    CHECK_INT(n, 1);
    CHECK_STR(edits[0].editor_name, "周志远");
    CHECK_STR(edits[0].after, "{\"a\":1}");
    CHECK(by_hand("UPDATE draft_edit SET after = ''", "不能改"));
    CHECK(by_hand("DELETE FROM draft_edit", "不能删除"));
}

static void a_guard_that_is_gone_or_changed_is_noticed(void)
{
    CHECK_INT(draft_guards_stand(db, &mem, &err), TB_OK);
    CHECK_INT(db_script(db, "DROP TRIGGER signature_not_author", &err), TB_OK);
    CHECK_INT(draft_guards_stand(db, &mem, &err), TB_CORRUPT);
    CHECK(strstr(err.say, "signature_not_author"));
    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(
        db_script(db,
                  "CREATE TRIGGER signature_not_author BEFORE INSERT ON signature WHEN 0 BEGIN "
                  "SELECT RAISE(ABORT, 'x'); END;",
                  &err),
        TB_OK);
    CHECK_INT(draft_guards_stand(db, &mem, &err), TB_CORRUPT);
}

static void an_unguarded_table_of_rights_is_noticed(void)
{
    CHECK_INT(
        db_script(db,
                  "DROP TRIGGER signing_role_fixed_insert; INSERT INTO signing_role VALUES "
                  "('clerk'); CREATE TRIGGER signing_role_fixed_insert BEFORE INSERT ON "
                  "signing_role\n    BEGIN SELECT RAISE(ABORT, '双岗制：签发角色表不能改'); END;",
                  &err),
        TB_OK);
    CHECK_INT(draft_guards_stand(db, &mem, &err), TB_CORRUPT);
    CHECK(strstr(err.say, "signing_role"));
}

static const struct tb_test tests[] = {
    TEST(the_states_of_the_program_are_those_of_the_database),
    TEST(somebody_else_with_the_right_signs_and_it_is_public),
    TEST(its_author_cannot_sign_it),
    TEST(who_has_no_right_cannot_sign_it),
    TEST(of_two_at_once_the_second_is_told_and_nothing_is_lost),
    TEST(what_was_edited_meanwhile_must_be_read_again),
    TEST(who_rewrites_it_becomes_an_author),
    TEST(rows_changed_by_hand_between_sending_and_signing_are_noticed),
    TEST(a_change_of_a_public_one_waits_beside_it),
    TEST(a_returned_draft_comes_back_with_its_reason_and_can_be_sent_again),
    TEST(what_is_late_goes_to_the_next_person),
    TEST(a_guardian_who_is_gone_hands_on_what_waits),
    TEST(a_guardian_on_leave_hands_on_what_waits_until_nobody_is_left),
    TEST(no_statement_makes_a_draft_public_without_a_signature),
    TEST(no_statement_signs_for_the_author_or_without_the_right),
    TEST(what_is_public_cannot_be_changed_by_a_statement),
    TEST(one_edit_leaves_its_trace_and_the_trace_stays),
    TEST(a_guard_that_is_gone_or_changed_is_noticed),
    TEST(an_unguarded_table_of_rights_is_noticed),
};

STORE_TEST_MAIN(tests, begin)
