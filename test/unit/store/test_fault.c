/* Every operation of the store is run with its 1st, 2nd, 3rd … database call failing until it gets
 * through. Whenever it says it failed, the database must be byte for byte what it was. */
#include "store/db_fault.h"

#include "base/alloc.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/share.h"
#include "crypto/sm3.h"
#include "store/audit.h"
#include "store/books_int.h"
#include "store/exchange.h"
#include "store/handoff.h"
#include "store/key.h"
#include "store/migrate.h"
#include "store/session.h"
#include "store/setting.h"
#include "store/sign_in.h"
#include "store/staff.h"
#include "store/standard.h"
#include "tb_temp.h"
#include "tb_test.h"

static struct world now;
static struct keyring *keys;
static struct arena forever;
static struct db_fault plan;

/* An office, a member of staff with a session, an exchange, a hand-off, a standard answer. */
static enum tb_code furnish(struct talk *t, struct tb_err *e)
{
    struct staff s = { .login = STR("li.wei"),
                       .name = STR("李伟"),
                       .role = ROLE_CLERK,
                       .department = STR("minzheng"),
                       .title = STR(""),
                       .password = STR("$argon2id$none") };
    struct str question = STR("高龄补贴多少钱");
    struct standard a = { .key = STR("k"),
                          .answer = STR("每月 100 元。"),
                          .department = STR("minzheng"),
                          .source = STR("setup"),
                          .valid_from = DAY_NONE,
                          .valid_to = DAY_NONE,
                          .questions = &question,
                          .question_n = 1 };
    struct handoff h = { .device = STR("d"), .question = STR("q"), .reason = STR("asked") };
    struct audit_entry x = { .at = 1, .actor = STR("system"), .verb = STR("setup.city") };
    struct draft d;
    char token[TOKEN_TEXT], csrf[TOKEN_TEXT];

    if (audit_add(t->db, &x, e) ||
        db_run(t->db,
               SQL("INSERT INTO department(id, name, short) VALUES('minzheng', '民政局', '民政')"),
               NO_ARGS, e) ||
        db_run(t->db,
               SQL("INSERT INTO setting(name, value) VALUES('access.rules', '{\"dual\":false}')"),
               NO_ARGS, e) ||
        staff_add(t->db, t->world, &s, e) ||
        session_start(t->db, t->world,
                      &(struct session_new){ s.id, STR("10.0.0.9"), "password", false }, token,
                      csrf, e) ||
        standard_keep(t, &a, &d, e) || handoff_add(t, &h, e))
        return e->code;
    return TB_OK;
}

/* Copies are made by the hundred: in memory where there is such a folder. */
static void in_memory(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
}

static struct db *furnished(struct arena *a, struct talk *t)
{
    struct tb_err e = TB_ERR_INIT;
    struct db *d = NULL;

    plan = (struct db_fault){ 0 };
    now = world_fixed(1795000000000);
    CHECK_INT(migrate_open("sqlite::memory:", share_dir(a), NULL, &now, &d, &e), TB_OK);
    d = db_fault_over(d, &plan);
    *t = (struct talk){ .world = &now,
                        .db = d,
                        .actor = { .id = 1,
                                   .role = ROLE_CLERK,
                                   .login = STR("li.wei"),
                                   .department = STR("minzheng"),
                                   .device = STR("d"),
                                   .address = STR("10.0.0.9") } };
    CHECK_INT(furnish(t, &e), TB_OK);
    if (e.code)
        printf("# %s\n", e.log);
    return d;
}

/* The digest of a whole copy. */
static void picture(struct arena *a, struct db *d, char out[SM3_HEX])
{
    char *path = fs_join(a, tb_temp_dir(a), "copy.db");
    struct tb_err e = TB_ERR_INIT;
    int64_t keep = plan.fail_at;
    struct str bytes = STR("");

    plan.fail_at = 0;
    CHECK_INT(db_copy(d, path, &e), TB_OK);
    CHECK_INT(fs_read(a, path, 64 << 20, &bytes, &e), TB_OK);
    sm3_hex(bytes, out);
    remove(path);
    plan.fail_at = keep;
}

/* Returns how many calls the operation takes. */
static int64_t torture(const char *name, enum tb_code (*op)(struct talk *t, struct tb_err *e),
                       enum tb_code how)
{
    for (int64_t n = 1; n < 500; n++) {
        struct arena a = ARENA_INIT;
        struct tb_err e = TB_ERR_INIT;
        char before[SM3_HEX], after[SM3_HEX];
        struct talk t;
        struct db *d = furnished(&a, &t);
        enum tb_code c;
        bool reached;

        picture(&a, d, before);
        plan.calls = 0;
        plan.fail_at = n;
        plan.code = how;
        c = op(&t, &e);
        reached = plan.calls >= n;
        if (c) {
            CHECK_INT(e.code, c);
            CHECK(e.say[0] != 0);
            picture(&a, d, after);
            if (strcmp(before, after) != 0)
                printf("# %s: call %lld failed and left something\n", name, (long long)n);
            CHECK_STR(str_z(after), before);
        }
        if (reached && !c)
            printf("# %s: call %lld failed and nobody noticed\n", name, (long long)n);
        CHECK(c || !reached);
        arena_release(&t.mem);
        db_close(d);
        arena_release(&a);
        if (!reached)
            return n - 1;
    }
    CHECK(false);
    return 0;
}

static enum tb_code op_audit_add(struct talk *t, struct tb_err *e)
{
    return audit_witness(t, "user.lock", STR("li.wei"), STR(""), e);
}

static enum tb_code op_audit_sign(struct talk *t, struct tb_err *e)
{
    bool made;

    return audit_sign(t->db, keys, t->world, &made, e);
}

static enum tb_code op_staff_add(struct talk *t, struct tb_err *e)
{
    struct staff s = { .login = STR("wang.fang"),
                       .name = STR("王芳"),
                       .role = ROLE_AUDITOR,
                       .department = STR("minzheng"),
                       .title = STR(""),
                       .password = STR("$argon2id$none") };

    return staff_add(t->db, t->world, &s, e);
}

static enum tb_code op_staff_password(struct talk *t, struct tb_err *e)
{
    return staff_set_password(t->db, t->world, 1, STR("$argon2id$other"), true, 0, e);
}

static enum tb_code op_staff_role(struct talk *t, struct tb_err *e)
{
    return staff_set_role(t->db, 1, ROLE_GUARDIAN, STR("minzheng"), e);
}

static enum tb_code op_staff_disable(struct talk *t, struct tb_err *e)
{
    return staff_set_disabled(t->db, 1, true, e);
}

static enum tb_code op_sign_in_failed(struct talk *t, struct tb_err *e)
{
    return sign_in_failed(t->db, t->world, STR("li.wei"), STR("10.0.0.9"), true, e);
}

static enum tb_code op_sign_in_stranger(struct talk *t, struct tb_err *e)
{
    return sign_in_failed(t->db, t->world, STR("nobody"), STR("10.0.0.9"), false, e);
}

static enum tb_code op_session_start(struct talk *t, struct tb_err *e)
{
    char token[TOKEN_TEXT], csrf[TOKEN_TEXT];

    return session_start(t->db, t->world,
                         &(struct session_new){ 1, STR("10.0.0.9"), "password", false }, token,
                         csrf, e);
}

static enum tb_code op_setting(struct talk *t, struct tb_err *e)
{
    return setting_write(t->db, "x", STR("y"), e);
}

static enum tb_code op_handoff_add(struct talk *t, struct tb_err *e)
{
    struct handoff h = { .device = STR("d"), .question = STR("q"), .reason = STR("asked") };

    return handoff_add(t, &h, e);
}

static enum tb_code op_handoff_take(struct talk *t, struct tb_err *e)
{
    return handoff_take(t, 1, e);
}

static enum tb_code op_standard_replace(struct talk *t, struct tb_err *e)
{
    struct str questions[] = { STR("问一"), STR("问二") };
    struct standard_citation cited = { STR("明民规〔2024〕3号"), STR("第五条") };
    struct standard a = { .key = STR("k"),
                          .answer = STR("每月 300 元。"),
                          .department = STR("minzheng"),
                          .source = STR("page"),
                          .valid_from = DAY_NONE,
                          .valid_to = DAY_NONE,
                          .questions = questions,
                          .question_n = 2,
                          .citations = &cited,
                          .citation_n = 1 };
    struct draft d;

    return standard_keep(t, &a, &d, e);
}

static enum tb_code op_key_add(struct talk *t, struct tb_err *e)
{
    struct key k = { .name = STR("窗口系统"), .department = STR("minzheng") };
    char secret[KEY_SECRET];

    return key_add(t, &k, secret, e);
}

static enum tb_code op_key_life(struct talk *t, struct tb_err *e)
{
    struct key k = { .name = STR("窗口系统"), .department = STR("minzheng") };
    char secret[KEY_SECRET];
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = key_add(t, &k, secret, e);
    if (!c)
        c = key_change(t, &k, e);
    if (!c)
        c = key_rotate(t, &k, 1000, secret, e);
    if (!c)
        c = key_revoke(t, &k, e);
    return db_end(t->db, c, e);
}

static enum tb_code op_books_write(struct talk *t, struct tb_err *e)
{
    struct call_record r = {
        .at = 1795000000000, .request_id = STR("r"), .verb = STR("model.chat"), .prompt = STR("p")
    };
    unsigned char key[KEY_BYTES] = { 1 };
    struct books_page *page = NULL;
    struct books_node *x[2];
    struct books_form f;
    enum tb_code c;

    books_form_of(&r, key, t->world, &f);
    for (int i = 0; i < 2; i++) {
        x[i] = books_node_of(&f, &page);
        x[i]->seq = (uint64_t)i + 1;
    }
    arena_release(&f.mem);
    books_page_let_go(page);
    x[0]->next = x[1];
    c = books_write(t->db, x[0], 2, e);
    books_node_free(x[0]);
    books_node_free(x[1]);
    return c;
}

static const struct {
    const char *name;
    enum tb_code (*op)(struct talk *t, struct tb_err *e);
    int least; /* calls: fewer would mean that nothing was tried */
} ops[] = {
    { "audit_witness", op_audit_add, 5 },
    { "audit_sign", op_audit_sign, 6 },
    { "staff_add", op_staff_add, 2 },
    { "staff_set_password", op_staff_password, 4 },
    { "staff_set_role", op_staff_role, 4 },
    { "staff_set_disabled", op_staff_disable, 4 },
    { "sign_in_failed", op_sign_in_failed, 8 },
    { "sign_in_failed (unknown)", op_sign_in_stranger, 10 },
    { "session_start", op_session_start, 1 },
    { "setting_write", op_setting, 1 },
    { "handoff_add", op_handoff_add, 2 },
    { "handoff_take", op_handoff_take, 1 },
    { "standard_keep", op_standard_replace, 6 },
    { "key_add", op_key_add, 8 },
    { "key, from its making to its end", op_key_life, 25 },
    { "books_write", op_books_write, 9 },
};

static void all_with(enum tb_code how)
{
    struct tb_err e = TB_ERR_INIT;

    in_memory();
    if (!keys)
        CHECK_INT(
            keyring_make(fs_join(&forever, tb_temp_dir(&forever), "keys"), world_real(), &keys, &e),
            TB_OK);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        int64_t calls = torture(ops[i].name, ops[i].op, how);

        if (calls < ops[i].least)
            printf("# %s: only %lld calls\n", ops[i].name, (long long)calls);
        CHECK(calls >= ops[i].least);
    }
}

static void a_full_disk_at_any_call_leaves_nothing_half_done(void)
{
    all_with(TB_STORE);
}

static void a_locked_database_at_any_call_leaves_nothing_half_done(void)
{
    all_with(TB_BUSY);
}

/* Handlers join several operations in one transaction; the same holds for the whole. */
static enum tb_code op_joined(struct talk *t, struct tb_err *e)
{
    enum tb_code c = db_begin(t->db, e);

    if (c)
        return c;
    c = op_handoff_add(t, e);
    if (!c)
        c = op_standard_replace(t, e);
    if (!c)
        c = op_audit_add(t, e);
    return db_end(t->db, c, e);
}

static void what_is_joined_is_kept_or_lost_together(void)
{
    CHECK(torture("joined", op_joined, TB_STORE) > 14);
    arena_release(&forever);
}

static const struct tb_test tests[] = {
    TEST(a_full_disk_at_any_call_leaves_nothing_half_done),
    TEST(a_locked_database_at_any_call_leaves_nothing_half_done),
    TEST(what_is_joined_is_kept_or_lost_together),
};
TEST_MAIN(tests)
