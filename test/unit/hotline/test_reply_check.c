/* What stands against a reply: each kind found, a good reply left alone. */
#include "scenario/hotline/reply_check.h"

#include "base/share.h"
#include "tb_test.h"

static struct arena mem;
static struct reply_rules rules;
static const char *const asked =
    "路灯不亮\n青溪路的路灯坏了三天，晚上很黑。什么时候能修好？维修电话是多少？希望尽快修好";

static bool found(const char *reply, enum reply_fault fault)
{
    struct reply_finding f[REPLY_FINDINGS_MAX];
    struct str a = str_z(asked);
    size_t n;

    reply_check(&mem, &rules, a, str_z(reply), f, &n);
    for (size_t i = 0; i < n; i++)
        if (f[i].fault == fault)
            return true;
    return false;
}

static void a_reply_that_answers_is_left_alone(void)
{
    const char *good =
        "您好，经查，青溪路的路灯因电缆故障不亮，维修人员已于11月21日修好，现在能正常照明。"
        "维修电话0920-2210401，欢迎监督。";

    for (enum reply_fault k = REPLY_OFF_TOPIC; k < REPLY_FAULTS; k++)
        CHECK(!found(good, k));
}

static void each_fault_is_found(void)
{
    CHECK(found("您的低保申请已受理，请带户口本到窗口。", REPLY_OFF_TOPIC));
    CHECK(found("青溪路的路灯什么时候能修好要看天气。", REPLY_LEFT_OUT)); /* the number */
    CHECK(found("路灯不归我们管。", REPLY_TONE));
    CHECK(found("我们保证路灯永远不坏。", REPLY_PROMISE));
    CHECK(!found("根据《城市照明管理规定》，我们承诺三日内修好路灯。", REPLY_PROMISE));
    CHECK(found("路灯已修好，报修人13800138000。", REPLY_PERSONAL));
    CHECK(!found("路灯已修好，有事请打0920-2210401。", REPLY_PERSONAL));
}

static void empty_and_very_long_texts_end(void)
{
    struct buf b = BUF_INIT(1 << 20);
    struct reply_finding f[REPLY_FINDINGS_MAX];
    size_t n;

    for (int i = 0; i < 2000; i++)
        buf_addz(&b, "我们保证。");
    reply_check(&mem, &rules, STR(""), buf_str(&b), f, &n);
    CHECK_INT(n, REPLY_FINDINGS_MAX);
    reply_check(&mem, &rules, str_z(asked), STR(""), f, &n);
    CHECK_INT(n, 1);
    buf_release(&b);
}

static const struct tb_test tests[] = {
    TEST(a_reply_that_answers_is_left_alone),
    TEST(each_fault_is_found),
    TEST(empty_and_very_long_texts_end),
};

int main(void)
{
    struct tb_err e = TB_ERR_INIT;
    int bad;

    if (reply_rules_load(&mem, share_dir(&mem), &rules, &e)) {
        printf("1..1\nnot ok 1 - rules: %s\n", e.say);
        return 1;
    }
    bad = tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));
    arena_release(&mem);
    return bad;
}
