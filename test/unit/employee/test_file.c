#include "scenario/employee/file.h"

#include "base/fs.h"
#include "store/employee.h"
#include "store/staff.h"
#include "store/step.h"
#include "tb_store.h"
#include "tb_temp.h"

static struct talk talk;
static struct services at;
static const char *dir;

static void person(const char *login, const char *role)
{
    struct staff s = { .login = str_z(login),
                       .name = STR("某某"),
                       .department = STR("minzheng"),
                       .title = STR(""),
                       .password = STR("x") };

    CHECK(role_parse(str_z(role), &s.role));
    CHECK_INT(staff_add(db, &now, &s, &err), TB_OK);
}

static void begin(void)
{
    tb_store_begin();
    CHECK_INT(db_run(db,
                     SQL("INSERT INTO department(id, name, short) VALUES('minzheng', "
                         "'民政局', '民政局')"),
                     NO_ARGS, &err),
              TB_OK);
    person("zhou.zhiyuan", "guardian");
    person("qin.yuzhen", "guardian");
    person("luo.jing", "department_admin");
    dir = tb_temp_dir(&mem);
    at = (struct services){ .share_dir = share_dir(&mem) };
    talk = (struct talk){ .world = &now, .db = db, .at = &at };
    talk.actor = (struct actor){ .role = ROLE_SYSTEM, .login = STR("system") };
}

#define HEAD "key: minzheng\nname: 民政问答员\ncategory: inquiry\ndepartment: minzheng\n"
#define BODY "scenarios: [policy]\nknowledge: [public]\nprompt: answer\n"

static enum tb_code load(const char *text, bool strict, struct employee_files *out)
{
    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(fs_write(fs_join(&mem, dir, "one.yaml"), str_z(text), 0600, &err), TB_OK);
    return employee_files_load(&talk, dir, strict, out, &err);
}

static void a_file_becomes_an_employee_once(void)
{
    struct employee_files f;
    struct employee x;

    CHECK_INT(load(HEAD BODY "guardian: zhou.zhiyuan\ndeputy: qin.yuzhen\nhours:\n"
                             "  - {days: [1, 5], from: \"09:00\", to: \"17:30\"}\n",
                   true, &f),
              TB_OK);
    CHECK_INT(f.made, 1);
    CHECK_INT(employee_read(db, &mem, &now, STR("minzheng"), &x, &err), TB_OK);
    CHECK_STR(x.name, "民政问答员");
    CHECK_STR(x.guardian.login, "zhou.zhiyuan");
    CHECK(x.guardian.able && x.deputy.able);
    CHECK_INT(x.phase, PHASE_TRIAL);
    CHECK_INT(x.sensitivity, SENSITIVITY_MEDIUM);
    CHECK_INT(x.personal, PERSONAL_MASK);
    CHECK_INT(x.hours[0].days, 17);
    CHECK_INT(x.hours[0].to, 17 * 60 + 30);
    CHECK_INT(load(HEAD BODY "guardian: zhou.zhiyuan\ndeputy: qin.yuzhen\nhours:\n"
                             "  - {days: [1, 5], from: \"09:00\", to: \"17:30\"}\n",
                   true, &f),
              TB_OK);
    CHECK_INT(f.kept, 1);
    CHECK_INT(load(HEAD BODY "guardian: qin.yuzhen\n", true, &f), TB_OK);
    CHECK_INT(f.changed, 1);
}

static void what_a_person_changed_stays(void)
{
    struct employee_files f;
    struct employee x;

    CHECK_INT(load(HEAD BODY "guardian: zhou.zhiyuan\n", true, &f), TB_OK);
    CHECK_INT(employee_read(db, &mem, &now, STR("minzheng"), &x, &err), TB_OK);
    talk.actor.id = 1;
    x.name = STR("低保问答员");
    CHECK_INT(employee_keep(&talk, &x, STR("改名"), 0, &err), TB_OK);
    CHECK_INT(load(HEAD BODY "guardian: qin.yuzhen\n", true, &f), TB_OK);
    CHECK_INT(f.kept, 1);
    CHECK_INT(employee_read(db, &mem, &now, STR("minzheng"), &x, &err), TB_OK);
    CHECK_STR(x.name, "低保问答员");
}

static void a_mistake_names_file_and_line(void)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        { HEAD BODY "nonsense: 1\n", "第 8 行" },
        { "key: minzheng\nname: 民政\n", "第 1 行" },
        { HEAD "scenarios: [poetry]\nknowledge: [public]\nprompt: answer\n", "第 5 行" },
        { HEAD "scenarios: [policy]\nknowledge: [secret]\nprompt: answer\n", "第 6 行" },
        { HEAD BODY "sensitivity: none\n", "第 8 行" },
        { HEAD BODY "priority: first\n", "第 8 行" },
        { HEAD BODY "personal: hide\n", "第 8 行" },
        { HEAD BODY "personal: allow\n", "第 8 行" }, /* without a reason */
        { HEAD BODY "personal: mask\npersonal_reason: 为了方便办事\n", "第 8 行" },
        { HEAD BODY "phase: everywhere\n", "第 8 行" },
        { HEAD BODY "phase: public\n", "第 8 行" }, /* nobody has signed */
        { HEAD BODY
          "phase: public\nsigned: {guardian: luo.jing, admin: luo.jing, on: 2026-01-01}\n",
          "第 9 行" },
        { HEAD BODY "guardian: zhou.zhiyuan\nhours:\n  - {days: [9], from: \"09:00\", to: "
                    "\"10:00\"}\n",
          "第 10 行" },
        { HEAD "scenarios: [policy]\nknowledge: [public]\nprompt: unheard\n", "第 7 行" },
        { HEAD BODY "guardian: nobody.here\n", "第 1 行" },
        { HEAD BODY "guardian: luo.jing\n", "第 1 行" }, /* may not review */
    };
    struct employee_files f;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_INT(load(cases[i].text, true, &f), TB_INVALID);
        CHECK(strstr(err.say, "one.yaml") != NULL);
        if (!strstr(err.say, cases[i].line))
            printf("# case %zu: %s\n", i, err.say);
        CHECK(strstr(err.say, cases[i].line) != NULL);
    }
}

static void what_is_shipped_for_another_city_is_passed_over(void)
{
    struct employee_files f;

    CHECK_INT(load(HEAD BODY "guardian: nobody.here\n", false, &f), TB_OK);
    CHECK_INT(f.passed_over, 1);
    CHECK_INT(f.made, 0);
}

static void two_people_sign_a_public_one(void)
{
    struct employee_files f;
    struct employee x;
    struct step *s;
    size_t n;

    CHECK_INT(load(HEAD BODY "guardian: zhou.zhiyuan\nphase: public\n"
                             "signed: {guardian: zhou.zhiyuan, admin: luo.jing, on: 2026-09-01}\n",
                   true, &f),
              TB_OK);
    CHECK_INT(employee_read(db, &mem, &now, STR("minzheng"), &x, &err), TB_OK);
    CHECK_INT(x.phase, PHASE_PUBLIC);
    CHECK(x.been_public);
    CHECK_INT(step_list(&talk, x.id, &s, &n, &err), TB_OK);
    CHECK_INT(n, 1);
    CHECK(s[0].guardian_id && s[0].admin_id && s[0].guardian_id != s[0].admin_id);
}

static void end(void)
{
    arena_release(&talk.mem);
    tb_store_end();
}

static const struct tb_test table[] = {
    TEST(a_file_becomes_an_employee_once), TEST(what_a_person_changed_stays),
    TEST(a_mistake_names_file_and_line),   TEST(what_is_shipped_for_another_city_is_passed_over),
    TEST(two_people_sign_a_public_one),
};
int main(void)
{
    return tb_test_around(table, sizeof(table) / sizeof(table[0]), begin, end);
}
