#include "guard/mask.h"

#include "tb_test.h"

static struct str masked(struct arena *a, struct mask *m, const char *in)
{
    struct tb_err e = TB_ERR_INIT;
    struct str out = STR("");

    CHECK_INT(mask_text(a, m, str_z(in), &out, &e), TB_OK);
    return out;
}

static void says(const char *in, const char *want)
{
    struct arena a = ARENA_INIT;
    struct mask m = { .n = 0 };
    struct str out = masked(&a, &m, in);

    CHECK_STR(out, want);
    CHECK_STR(mask_restore(&a, &m, out), in);
    arena_release(&a);
}

static void a_phone_never_passes(void)
{
    says("我电话13812345678，急", "我电话〔手机号1〕，急");
    says("１３８ １２３４ ５６７８", "〔手机号1〕");
    says("138-1234-5678和138-1234-5678", "〔手机号1〕和〔手机号1〕");
    says("座机0920-2210111", "座机〔电话1〕");
}

static void an_id_number_is_known_by_its_check_digit(void)
{
    says("身份证11010519491231002X的", "身份证〔身份证号1〕的");
    says("订单110105194912310021", "订单110105194912310021");
}

static void cards_codes_mail_plates_and_passports(void)
{
    says("卡号6222 0212 3456 7890 128", "卡号〔银行卡号1〕");
    says("号6222 0212 3456 7890 127", "号6222 0212 3456 7890 127");
    says("卡4111111111111111", "卡〔银行卡号1〕");
    says("代码91350100M000100Y43", "代码〔信用代码1〕");
    says("发到a.b@c-d.com。", "发到〔邮箱1〕。");
    says("车牌川A12345被拍", "车牌〔车牌1〕被拍");
    says("护照E12345678", "护照〔护照号1〕");
}

static void names_people_give_are_masked(void)
{
    says("我叫张伟今年78", "我叫〔姓名1〕今年78");
    says("孩子叫李小明，上学", "孩子叫〔姓名1〕，上学");
    says("我叫外卖", "我叫外卖");
}

static void amounts_dates_and_policy_numbers_stay(void)
{
    says("2024年7月1日起每月100元，明民规〔2024〕3号第五条",
         "2024年7月1日起每月100元，明民规〔2024〕3号第五条");
    says("12345热线", "12345热线");
    says("公积金缴了240000", "公积金缴了240000");
}

static void sealed_and_back(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct mask m = { .n = 0 }, back = { .n = 0 };
    struct str out = masked(&a, &m, "我叫王芳，13900001111");

    CHECK_INT(mask_from_json(&a, mask_to_json(&a, &m), &back, &e), TB_OK);
    CHECK_STR(mask_restore(&a, &back, out), "我叫王芳，13900001111");
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(a_phone_never_passes),
    TEST(an_id_number_is_known_by_its_check_digit),
    TEST(cards_codes_mail_plates_and_passports),
    TEST(names_people_give_are_masked),
    TEST(amounts_dates_and_policy_numbers_stay),
    TEST(sealed_and_back),
};
TEST_MAIN(tests)
