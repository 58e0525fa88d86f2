#include "knowledge/plain.h"

#include "base/fs.h"

#include "tb_test.h"

#include <stdlib.h>
#include <unistd.h>

static struct plain *table(const char *yaml, struct tb_err *e)
{
    char path[] = "/tmp/plain-XXXXXX";
    struct plain *p = NULL;
    int fd = mkstemp(path);

    CHECK(fd >= 0);
    close(fd);
    CHECK_INT(fs_write(path, str_z(yaml), 0600, e), TB_OK);
    tb_err_clear(e);
    (void)!plain_load(path, &p, e);
    unlink(path);
    return p;
}

static void a_matter_is_known_by_its_longest_name(void)
{
    struct tb_err e = TB_ERR_INIT;
    struct plain *p = table("matters:\n  - [产假, 生育]\n  - [陪产假, 护理假]\n  - [公交]\n", &e);
    struct plain_matter m[2];

    CHECK_INT(plain_matters(p, STR("陪产假几天"), m, 2), 1);
    CHECK_INT(m[0].n, 2);
    CHECK_STR(m[0].names[1], "护理假");
    CHECK_INT(plain_matters(p, STR("产假坐公交去陪产假"), m, 2), 2); /* room for two */
    CHECK_STR(m[1].names[0], "公交");
    CHECK_INT(plain_matters(p, STR("高龄津贴"), m, 2), 0);
    CHECK_INT(plain_matters(NULL, STR("公交"), m, 2), 0);
    plain_free(p);
}

static const char rows[] =
    "replace:\n  - {say: [啷个, 咋], mean: 怎么}\n  - {say: [娃, 娃娃], mean: 孩子}\n"
    "ages:\n  - {from: 60, to: 120, mean: 高龄}\n"
    "add:\n  - {say: [戳子], mean: 印章}\n";

static void dialect_becomes_common_words(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct plain *p = table(rows, &e);
    struct str added;

    CHECK_STR(plain_words(p, &a, STR("娃娃上学啷个办，咋整"), &added), "孩子上学怎么办，怎么整");
    CHECK_STR(added, "");
    CHECK_STR(plain_words(p, &a, STR("刻戳子，两个戳子"), &added), "刻戳子，两个戳子");
    CHECK_STR(added, "印章");
    plain_free(p);
    arena_release(&a);
}

static void an_age_brings_its_official_name(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct plain *p = table(rows, &e);
    struct str added;

    plain_words(p, &a, STR("我妈82了每月领多少"), &added);
    CHECK_STR(added, "高龄");
    plain_words(p, &a, STR("姥爷八十六岁"), &added);
    CHECK_STR(added, "高龄");
    plain_words(p, &a, STR("交了82元"), &added);
    CHECK_STR(added, "");
    plain_words(p, &a, STR("孩子7岁了"), &added);
    CHECK_STR(added, "");
    plain_free(p);
    arena_release(&a);
}

static void a_mistake_names_its_line(void)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK(!table("replace:\n  - {say: [咋], mean: 怎么}\n  - {say: [咋], mean: 如何}\n", &e));
    CHECK(str_has(str_z(e.say), STR("写了两次")));
    CHECK(!table("add:\n  - {say: 咋, mean: 怎么}\n", &e));
    CHECK(str_has(str_z(e.say), STR("第 2 行")));
    CHECK(!table("matters:\n  - [公交]\n  - 地铁\n", &e));
    CHECK(str_has(str_z(e.say), STR("第 3 行")));
}

static const struct tb_test tests[] = {
    TEST(dialect_becomes_common_words),
    TEST(an_age_brings_its_official_name),
    TEST(a_matter_is_known_by_its_longest_name),
    TEST(a_mistake_names_its_line),
};
TEST_MAIN(tests)
