/* Real saved government pages, where the shared data are: each is read, and says what it is. */
#include "extract/child.h"
#include "knowledge/clean.h"
#include "knowledge/label.h"
#include "knowledge/validate.h"

#include "base/fs.h"
#include "base/share.h"
#include "tb_test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct arena mem;

static const char *folder(void)
{
    const char *own = getenv("TONGBAN_SHARED_DATA");

    if (own)
        return fs_join(&mem, own, "policy/guangzhou/pages");
    return fs_join(&mem, share_dir(&mem), "../shared/data/policy/guangzhou/pages");
}

static bool read_page(const char *name, struct policy_text *text, struct label *label,
                      struct tb_err *e)
{
    int fd = open(fs_join(&mem, folder(), name), O_RDONLY | O_CLOEXEC);
    struct str json;
    bool ok = fd >= 0 && !extract_child(&mem, fd, &json, e) && !clean_read(&mem, json, text, e);

    if (fd >= 0)
        close(fd);
    if (!ok)
        return false;
    label_read(&mem, text, str_z(name), label);
    return !validate_text(&mem, text, label, e);
}

static bool absent(void)
{
    if (fs_is_dir(folder()))
        return false;
    printf("# skipped: no shared data\n");
    return true;
}

/* Without any text of its own: an empty scan, and a list that a script would have filled. */
static bool has_no_text(const char *name)
{
    return str_starts(str_z(name), STR("01_")) || str_starts(str_z(name), STR("20b_"));
}

static void every_page_with_text_is_read_and_has_a_title(void)
{
    struct tb_err e = TB_ERR_INIT;
    char **names = NULL;
    size_t n = 0;

    if (absent())
        return;
    CHECK_INT(fs_list(&mem, folder(), &names, &n, &e), TB_OK);
    CHECK_INT(n, 52);
    for (size_t i = 0; i < n; i++) {
        struct policy_text text;
        struct label l;
        bool read = read_page(names[i], &text, &l, &e);

        CHECK(read != has_no_text(names[i]));
        if (read)
            CHECK(l.title.n > 6 && l.sure[LABEL_TITLE] > 0.5 && text.passage_n > 0);
        if (read == has_no_text(names[i]))
            printf("# %s: %s\n", names[i], e.say);
        tb_err_clear(&e);
    }
}

static void no_page_keeps_its_navigation(void)
{
    static const char *const chrome[] = { "ICP备",    "公网安备",     "分享到", "当前位置",
                                          "网站地图", "扫一扫在手机", NULL };
    struct tb_err e = TB_ERR_INIT;
    char **names = NULL;
    size_t n = 0, with = 0;

    if (absent())
        return;
    CHECK_INT(fs_list(&mem, folder(), &names, &n, &e), TB_OK);
    for (size_t i = 0; i < n; i++) {
        struct policy_text text;
        struct label l;

        if (!str_ends(str_z(names[i]), STR(".html")) || !read_page(names[i], &text, &l, &e))
            continue;
        for (int k = 0; chrome[k]; k++)
            if (str_has(text.plain, str_z(chrome[k]))) {
                printf("# %s: %s\n", names[i], chrome[k]);
                with++;
            }
    }
    CHECK_INT(with, 0);
}

/* From the pages themselves, read by a person: file, 文号, articles, 施行, 失效. */
static const struct {
    const char *name, *number;
    int articles;
    const char *effective, *expires;
} known[] = {
    { "10b_", "穗医保规字〔2019〕4号", 0, "2019-07-01", "2024-06-30" },
    { "11_", "穗府办规〔2024〕13号", 54, "2024-07-29", "2029-07-28" },
    { "13_", "穗建规字〔2024〕5号", 0, "2024-03-04", "2029-03-03" },
    { "17_", "穗天科工信规字〔2023〕1号", 13, "2023-09-08", "2026-09-07" },
    { "18_", "穗人社规字〔2019〕6号", 23, "2019-10-16", "2024-10-15" },
    { "27b_", "穗残联规字〔2019〕2号", 23, "2019-02-01", "2024-01-31" },
    { "30_", "穗民规字〔2024〕3号", 38, "2024-04-01", "2029-03-31" },
    { "31_", "穗府办规〔2022〕13号", 52, "2022-09-13", "2027-09-12" },
    { "32_", "穗医保规字〔2024〕1号", 32, "2024-01-03", "2027-01-02" },
    { "33_", "广州市人民政府令第179号", 19, "2021-05-01", "" },
    { "35_", "穗人社规字〔2022〕2号", 23, "2022-07-07", "2027-07-06" },
    { "36b_", "穗府办规〔2025〕8号", 13, "2025-07-04", "2026-12-31" },
    { "37_", "中华人民共和国国务院令第746号", 55, "2022-03-01", "" },
};

static int articles_of(const struct policy_text *text)
{
    int n = 0;

    for (size_t i = 0; i < text->part_n; i++)
        n += text->parts[i].kind == CLEAN_ARTICLE;
    return n;
}

static void what_binding_pages_say_of_themselves_is_read(void)
{
    struct tb_err e = TB_ERR_INIT;
    char **names = NULL, day[16];
    size_t n = 0, seen = 0;

    if (absent())
        return;
    CHECK_INT(fs_list(&mem, folder(), &names, &n, &e), TB_OK);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
            struct policy_text text;
            struct label l;

            if (!str_starts(str_z(names[i]), str_z(known[k].name)))
                continue;
            CHECK(read_page(names[i], &text, &l, &e));
            CHECK_STR(l.document_number, known[k].number);
            CHECK_STR(day_text(l.effective_from, day), known[k].effective);
            CHECK_STR(day_text(l.expires_on, day), known[k].expires);
            CHECK_INT(articles_of(&text), known[k].articles);
            seen++;
        }
    CHECK_INT(seen, sizeof(known) / sizeof(known[0]));
}

static const struct tb_test tests[] = {
    TEST(every_page_with_text_is_read_and_has_a_title),
    TEST(no_page_keeps_its_navigation),
    TEST(what_binding_pages_say_of_themselves_is_read),
};
TEST_MAIN(tests)
