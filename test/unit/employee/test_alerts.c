#include "scenario/employee/alerts.h"

#include "base/fs.h"
#include "base/metrics.h"
#include "store/audit.h"
#include "store/incident.h"
#include "tb_store.h"
#include "tb_temp.h"

static struct talk talk;
static struct services at;
static struct alerts rules;
static struct alert_memory *memory;

static void begin(void)
{
    tb_store_begin();
    at = (struct services){ .share_dir = share_dir(&mem) };
    talk = (struct talk){ .world = &now, .db = db, .at = &at };
    talk.actor = (struct actor){ .role = ROLE_SYSTEM, .login = STR("system") };
    memory = arena_zalloc(&mem, sizeof(*memory));
}

static enum tb_code read_rules(const char *text)
{
    const char *path = fs_join(&mem, tb_temp_dir(&mem), "alerts.yaml");

    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(fs_write(path, str_z(text), 0600, &err), TB_OK);
    return alerts_load(&mem, path, &rules, &err);
}

static int64_t look(void)
{
    int64_t n = -1;

    CHECK_INT(alerts_look(&talk, &rules, memory, &n, &err), TB_OK);
    return n;
}

static void row(const char *actor, const char *verb, const char *outcome, int n)
{
    for (int i = 0; i < n; i++) {
        struct audit_entry x = { .at = now.fixed_ms,
                                 .actor = str_z(actor),
                                 .role = STR("clerk"),
                                 .address = STR("10.0.0.1"),
                                 .verb = str_z(verb),
                                 .object = STR(""),
                                 .outcome = str_z(outcome),
                                 .request_id = STR(""),
                                 .detail = STR("") };

        CHECK_INT(audit_add(db, &x, &err), TB_OK);
    }
}

#define TAIL "    severity: high\n    owner: security_officer\n    steps: [看一看]\n"
#define TRAIL                                                                                      \
    "rules:\n  - id: a\n    title: 多次被拒\n    source: trail\n    outcomes: [forbidden]\n"   \
    "    per: actor\n    minutes: 10\n    more_than: 5\n" TAIL

static void the_shipped_rules_are_right(void)
{
    CHECK_INT(alerts_load(&mem, fs_join(&mem, share_dir(&mem), "rules/alerts.yaml"), &rules, &err),
              TB_OK);
    CHECK(rules.n >= 7);
    CHECK_INT(look(), 0);
}

/* A prompt's canary in an answer (guard/canary.h) is what the shipped rule reads: one is too many.
 */
static void the_shipped_rule_of_leaks_has_something_to_read(void)
{
    struct incident *all;
    int64_t total;
    size_t n;

    CHECK_INT(alerts_load(&mem, fs_join(&mem, share_dir(&mem), "rules/alerts.yaml"), &rules, &err),
              TB_OK);
    CHECK_INT(look(), 0);
    now.fixed_ms += 60000;
    metric_add("tongban_prompt_leaks_total", "", 1);
    CHECK_INT(look(), 1);
    CHECK_INT(incident_list(&talk, STR("active"), 0, 10, &all, &n, &total, &err), TB_OK);
    CHECK_STR(all[0].rule, "leak-pattern");
}

static void who_is_refused_too_often_opens_one_incident(void)
{
    struct incident *all;
    int64_t total;
    size_t n;

    CHECK_INT(read_rules(TRAIL), TB_OK);
    row("zhang.san", "user.list", "forbidden", 5);
    row("li.si", "user.list", "ok", 50);
    CHECK_INT(look(), 0);
    row("zhang.san", "audit.list", "forbidden", 1);
    CHECK_INT(look(), 1);
    CHECK_INT(look(), 0); /* the same one goes on */
    CHECK_INT(incident_list(&talk, STR(""), 0, 10, &all, &n, &total, &err), TB_OK);
    CHECK_INT(n, 1);
    CHECK_STR(all[0].subject, "zhang.san");
    CHECK_STR(all[0].state, "open");
}

static void what_was_long_ago_does_not_count(void)
{
    CHECK_INT(read_rules(TRAIL), TB_OK);
    row("zhang.san", "user.list", "forbidden", 6);
    now.fixed_ms += 11 * 60 * 1000;
    CHECK_INT(look(), 0);
}

/* Calls that went well are counted by the rule that names them, calls refused by any, and the look
 * that needs none of the former does not read them. */
static void calls_of_the_gateway_count_where_a_rule_means_them(void)
{
    struct rows *rows;
    bool more;

    CHECK_INT(read_rules("rules:\n  - id: a\n    title: 调用多\n    source: trail\n"
                         "    verbs: [model.chat]\n    outcomes: [ok]\n    per: actor\n"
                         "    minutes: 10\n    more_than: 5\n" TAIL),
              TB_OK);
    row("key:1", "model.chat", "ok", 6);
    CHECK_INT(look(), 1);
    CHECK_INT(read_rules(TRAIL), TB_OK);
    CHECK_INT(look(), 0);
    row("key:2", "model.chat", "forbidden", 6);
    CHECK_INT(look(), 1);

    CHECK_INT(db_ask(db, &mem,
                     SQL("EXPLAIN QUERY PLAN SELECT verb, count(*) FROM audit WHERE at >= 1 AND "
                         "(substr(verb, 1, 6) <> 'model.' OR outcome <> 'ok') GROUP BY verb"),
                     NO_ARGS, &rows, &err),
              TB_OK);
    CHECK_INT(rows_next(rows, &more, &err), TB_OK);
    CHECK(more && str_has(rows_str(rows, 3), STR("audit_watched")));
    rows_close(rows);
}

static void a_metric_counts_by_what_it_grew(void)
{
    CHECK_INT(read_rules("rules:\n  - id: m\n    title: 增多\n    source: metric\n"
                         "    metric: test_waves_total\n    minutes: 10\n    more_than: 20\n" TAIL),
              TB_OK);
    metric_add("test_waves_total", "", 1000);
    CHECK_INT(look(), 0);          /* how it stood before is no news */
    for (int i = 0; i < 40; i++) { /* one a minute is no wave, however long it goes on */
        now.fixed_ms += 60 * 1000;
        metric_add("test_waves_total", "", 1);
        CHECK_INT(look(), 0);
    }
    now.fixed_ms += 60 * 1000;
    metric_add("test_waves_total", "", 15);
    CHECK_INT(look(), 1);
}

static void questions(const char *masked, const char *outcome, int n)
{
    int64_t c = 0;

    CHECK_INT(db_insert(db,
                        SQL("INSERT INTO conversation(code, created_at) "
                            "VALUES(hex(randomblob(8)), 0)"),
                        NO_ARGS, &c, &err),
              TB_OK);
    for (int i = 0; i < n; i++)
        CHECK_INT(db_run(db,
                         SQL("INSERT INTO exchange(conversation_id, receipt, question, as_of, "
                             "outcome, masked, created_at) VALUES(:c, hex(randomblob(8)), '问', 1, "
                             ":outcome, :masked, :now)"),
                         ARGS(db_int("c", c), db_text("outcome", str_z(outcome)),
                              db_text("masked", str_z(masked)), db_int("now", now.fixed_ms)),
                         &err),
                  TB_OK);
}

static void a_share_needs_enough_questions(void)
{
    CHECK_INT(
        read_rules("rules:\n  - id: q\n    title: 查不到\n    source: questions\n    measure: "
                   "not_found\n    share: true\n    minutes: 60\n    at_least: 20\n"
                   "    more_than: 0.6\n" TAIL),
        TB_OK);
    questions("[]", "not_found", 19);
    CHECK_INT(look(), 0);
    questions("[]", "answered", 1);
    CHECK_INT(look(), 1);
}

static void a_spike_stands_out_from_the_day_before(void)
{
    CHECK_INT(read_rules("rules:\n  - id: s\n    title: 突增\n    source: questions\n    measure: "
                         "masked\n    minutes: 60\n    more_than: 10\n    times: 3\n" TAIL),
              TB_OK);
    for (int i = 0; i < 24; i++) {
        now.fixed_ms += 3600 * 1000;
        questions("[\"手机号\"]", "answered", 12);
        CHECK_INT(i < 20 ? 0 : look(), 0); /* the same every hour */
    }
    now.fixed_ms += 3600 * 1000;
    questions("[\"手机号\"]", "answered", 40);
    CHECK_INT(look(), 1);
}

static void a_mistake_names_file_and_line(void)
{
    static const char *const wrong[] = {
        "rules: []\n",
        "rules:\n  - id: a\n    title: b\n    source: stars\n    minutes: 1\n" TAIL,
        "rules:\n  - id: a\n    title: b\n    source: engine\n" TAIL,
        "rules:\n  - id: a\n    title: b\n    source: engine\n    minutes: 1\n    severity: high\n"
        "    owner: clerk\n    steps: [x]\n",
        "rules:\n  - id: a\n    title: b\n    source: metric\n    minutes: 1\n" TAIL,
        "webhook: ftp://x/\n" TRAIL,
        "extra: 1\n" TRAIL,
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_INT(read_rules(wrong[i]), TB_INVALID);
        CHECK(strstr(err.say, "alerts.yaml 第") != NULL);
    }
}

static void end(void)
{
    arena_release(&talk.mem);
    tb_store_end();
}

static const struct tb_test table[] = {
    TEST(the_shipped_rules_are_right),
    TEST(who_is_refused_too_often_opens_one_incident),
    TEST(what_was_long_ago_does_not_count),
    TEST(calls_of_the_gateway_count_where_a_rule_means_them),
    TEST(a_metric_counts_by_what_it_grew),
    TEST(the_shipped_rule_of_leaks_has_something_to_read),
    TEST(a_share_needs_enough_questions),
    TEST(a_spike_stands_out_from_the_day_before),
    TEST(a_mistake_names_file_and_line),
};
int main(void)
{
    return tb_test_around(table, sizeof(table) / sizeof(table[0]), begin, end);
}
