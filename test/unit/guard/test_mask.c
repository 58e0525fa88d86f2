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

static void other_ways_to_write_a_number_hide_nothing(void)
{
    says("电话一三八零零一三八〇〇〇，急", "电话〔手机号1〕，急");
    says("张三13812345678", "张三〔手机号1〕");
    says("李四幺三八一二三四五六七八", "李四〔手机号1〕");
    says("打1381234\n5678", "打〔手机号1〕");
    says("１３８－１２３４－５６７８", "〔手机号1〕");
    says("1 3 8 1 2 3 4 5 6 7 8", "〔手机号1〕");
    says("+86 138 1234 5678或0086-13812345678", "+〔手机号1〕或〔手机号2〕");
    says("13812345678 13912345678", "〔手机号1〕 〔手机号2〕");
    says("13812345678\n13912345678", "〔手机号1〕\n〔手机号2〕");
    says("身份证号110105 19491231 002x", "身份证号〔身份证号1〕");
    says("身份证：１１０１０５１９４９１２３１００２Ｘ。", "身份证：〔身份证号1〕。");
    says("一一零一零五一九四九一二三一零零二X", "〔身份证号1〕");
    says("身份证11010519491231\n002X", "身份证〔身份证号1〕");
    says("(0571)88886666，010 8888 6666", "〔电话1〕，〔电话2〕");
    says("座机0571-88886666-801转", "座机〔电话1〕转");
    says("家里电话88886666", "家里电话〔电话1〕");
    says("卡号\n6222021234567890128", "卡号\n〔银行卡号1〕");
    says("zhang＠qq．com", "〔邮箱1〕");
    says("京A·12345和粤Z1234港", "〔车牌1〕和〔车牌2〕");
}

static void what_only_its_words_tell_is_masked_with_them(void)
{
    says("病历号ZY0012345，住院号：8812345", "病历号〔病历号1〕，住院号：〔病历号2〕");
    says("燃气户号是 0102030405", "燃气户号是 〔户号1〕");
    says("护照（加拿大）AB123456", "护照（加拿大）〔护照号1〕");
    says("港澳通行证C12345678", "港澳通行证〔通行证号1〕");
    says("台胞证号12345678", "台胞证号〔通行证号1〕");
    says("香港身份证A123456(3)", "香港身份证〔身份证号1〕");
    says("身份证号110105194912310021写错了", "身份证号〔身份证号1〕写错了");
    says("我女儿2025年1月1日出生的", "我女儿〔出生日期1〕出生的");
    says("型号H12345678，规格E123", "型号H12345678，规格E123");
    says("出生日期：1990年1月2日", "出生日期：〔出生日期1〕");
    says("张某，1990.1.2出生", "张某，〔出生日期1〕出生");
    says("我的（2024）川0105民初1234号还没判", "我的〔案号1〕还没判");
}

static void homes_are_masked_and_places_of_complaints_are_not(void)
{
    says("家住明川市青石区人民路12号3栋2单元501室，漏水", "家住〔地址1〕，漏水");
    says("地址：和平村三组12号", "地址：〔地址1〕");
    says("市医保中心综合窗口受理，地址为东屏区健康路36号，电话0920-2210310",
         "市医保中心综合窗口受理，地址为东屏区健康路36号，电话0920-2210310");
    says("人民路12号门口井盖坏了", "人民路12号门口井盖坏了");
    says("阳光小区6栋电梯坏了", "阳光小区6栋电梯坏了");
    says("地铁5号线，3号楼2层", "地铁5号线，3号楼2层");
}

static void names_people_give_are_masked(void)
{
    says("我叫张伟今年78", "我叫〔姓名1〕今年78");
    says("孩子叫李小明，上学", "孩子叫〔姓名1〕，上学");
    says("我叫外卖", "我叫外卖");
    says("姓名：张伟  电话：13812345678", "姓名：〔姓名1〕  电话：〔手机号1〕");
    says("姓 名：张　伟，性别：男", "姓 名：〔姓名1〕，性别：男");
    says("联系人：买买提江", "联系人：〔姓名1〕");
    says("村支书周志远不给批，周志远说没有钱", "村支书〔姓名1〕不给批，〔姓名1〕说没有钱");
    says("原告李晓梅、王建国和赵宏图", "原告〔姓名1〕、〔姓名2〕和〔姓名3〕");
    says("他叫欧阳明，是我同学", "他叫〔姓名1〕，是我同学");
}

static void a_dot_joins_the_parts_of_a_foreign_name(void)
{
    says("演员丹尼斯·霍珀说", "演员〔姓名1〕说");
    says("由克里斯蒂娜•里奇主演", "由〔姓名1〕主演");
    says("乔·科恩执导", "〔姓名1〕执导");
    says("范·德法特和伊瓜因", "〔姓名1〕和〔姓名2〕");
    says("诠释K2·海棠湾，川A·12345", "诠释K2·海棠湾，〔车牌1〕");
}

static void what_goes_on_as_a_road_or_a_document_is_no_name(void)
{
    says("关于黄兴北路延长线", "关于黄兴北路延长线");
    says("住陡岭路佳阳小区的业主", "住陡岭路佳阳小区的业主");
    says("根据岳政发12号文件", "根据岳政发12号文件");
    says("按照《楚财建〔2019〕3号》办", "按照《楚财建〔2019〕3号》办");
    says("由毕家庄自然村到黄财水库", "由毕家庄自然村到黄财水库");
}

static void amounts_dates_and_policy_numbers_stay(void)
{
    says("2024年7月1日起每月100元，明民规〔2024〕3号第五条",
         "2024年7月1日起每月100元，明民规〔2024〕3号第五条");
    says("12345热线", "12345热线");
    says("公积金缴了240000", "公积金缴了240000");
    says("总投资13812345678元，￥13812345678", "总投资13812345678元，￥13812345678");
    says("第13812345678号，〔2019〕13812345678号", "第13812345678号，〔2019〕13812345678号");
    says("159 200 300 40这几笔", "159 200 300 40这几笔");
    says("订单号13812345678，400-820-8820", "订单号13812345678，400-820-8820");
    says("2025年1月1日以后出生的婴儿，2025年1月1日出生的",
         "2025年1月1日以后出生的婴儿，2025年1月1日出生的");
    says("192.168.113.68和（2020）京政发12号", "192.168.113.68和（2020）京政发12号");
}

static void words_that_begin_with_a_surname_are_no_names(void)
{
    says("高龄津贴和任务、方面、于是、时间都要严格管理",
         "高龄津贴和任务、方面、于是、时间都要严格管理");
    says("李局长您好，张老师说王女士来过", "李局长您好，张老师说王女士来过");
    says("黄花镇、石牛村和万家丽路", "黄花镇、石牛村和万家丽路");
    says("解决、关注、安全、成立、查处、严惩", "解决、关注、安全、成立、查处、严惩");
}

static void a_name_that_is_known_is_known_everywhere(void)
{
    struct arena a = ARENA_INIT;
    struct mask m = { .n = 0 };
    struct str out;

    masked(&a, &m, "我叫罗喜名");
    out = masked(&a, &m, "后来罗喜名把罗喜名的地卖了");
    CHECK_STR(out, "后来〔姓名1〕把〔姓名1〕的地卖了");
    arena_release(&a);
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

static void a_long_list_of_people_is_no_dead_end(void)
{
    struct arena a = ARENA_INIT;
    struct mask m = { .n = 0 };
    struct buf b = BUF_INIT(1 << 20);
    struct str out;

    for (int i = 0; i < 3000; i++)
        buf_addf(&b, "%d\t139%08d\n", i, i * 7919);
    out = masked(&a, &m, buf_str(&b).p);
    CHECK_INT(m.n, 3000);
    CHECK(!str_has(out, STR("\t139")) && str_has(out, STR("〔手机号3000〕")));
    CHECK_STR(mask_restore(&a, &m, out), buf_str(&b).p);
    buf_release(&b);
    arena_release(&a);
}

static void a_token_that_a_person_wrote_stays_theirs(void)
{
    says("〔手机号1〕是什么？13812345678", "〔手机号1〕是什么？〔手机号2〕");
}

/* A text is looked through in strides; where it stands in them is nothing to it. */
static void where_a_value_stands_in_the_stride_is_nothing_to_it(void)
{
    static const char *const filling[] = { "。", "x。", "这里的事", "😀，", "\xe4\xb8。", "é：" };

    for (size_t k = 0; k < sizeof filling / sizeof filling[0]; k++)
        for (int n = 0; n < 40; n++) {
            struct arena a = ARENA_INIT;
            struct mask m = { .n = 0 };
            struct buf b = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20);

            for (int i = 0; i < n; i++)
                buf_add(&b, str_z(filling[k]));
            buf_add(&want, buf_str(&b));
            buf_add(&b, STR("。我叫黄英桂，电话13812345678，邮箱a@b.cn，车牌川A12345"));
            buf_add(&want, STR("。我叫〔姓名1〕，电话〔手机号1〕，邮箱〔邮箱1〕，车牌〔车牌1〕"));
            CHECK_STR(masked(&a, &m, arena_z(&a, buf_str(&b))), arena_z(&a, buf_str(&want)));
            buf_release(&b);
            buf_release(&want);
            arena_release(&a);
        }
}

static const struct tb_test tests[] = {
    TEST(where_a_value_stands_in_the_stride_is_nothing_to_it),
    TEST(a_phone_never_passes),
    TEST(an_id_number_is_known_by_its_check_digit),
    TEST(cards_codes_mail_plates_and_passports),
    TEST(other_ways_to_write_a_number_hide_nothing),
    TEST(what_only_its_words_tell_is_masked_with_them),
    TEST(homes_are_masked_and_places_of_complaints_are_not),
    TEST(a_long_list_of_people_is_no_dead_end),
    TEST(a_token_that_a_person_wrote_stays_theirs),
    TEST(names_people_give_are_masked),
    TEST(a_dot_joins_the_parts_of_a_foreign_name),
    TEST(what_goes_on_as_a_road_or_a_document_is_no_name),
    TEST(amounts_dates_and_policy_numbers_stay),
    TEST(words_that_begin_with_a_surname_are_no_names),
    TEST(a_name_that_is_known_is_known_everywhere),
    TEST(sealed_and_back),
};
TEST_MAIN(tests)
