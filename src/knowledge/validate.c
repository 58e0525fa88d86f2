#include "knowledge/validate.h"

#include "base/utf8.h"
#include "text/numeral.h"

enum { NOTES_MAX = 5 };

/* 第十二条 → 12; 第十二条之一 → 12 too. */
static int article_number(struct str label)
{
    double v;

    return numeral_read(str_from(label, 3), &v) && v >= 1 && v < 10000 ? (int)v : 0;
}

/* 第三条 must be followed by 第四条 (or 第三条之一), until a new document or annex begins. */
static void articles_check(struct arena *a, const struct policy_text *p, struct label *l)
{
    int last = 0, said = 0;
    struct str before = STR("");

    for (size_t i = 0; i < p->part_n && said < NOTES_MAX; i++) {
        int n;

        if (p->parts[i].kind == CLEAN_ANNEX || p->parts[i].kind == CLEAN_TITLE)
            last = 0;
        if (p->parts[i].kind != CLEAN_ARTICLE)
            continue;
        n = article_number(p->parts[i].label);
        if (last && n != last + 1 && n != 1 &&
            !(n == last && str_has(p->parts[i].label, STR("之")))) {
            label_note_add(a, l, LABEL_PASSAGES, true,
                           arena_printf(a, "%.*s之后是%.*s，可能缺了条文或顺序有误，请核对",
                                        STR_FMT(before), STR_FMT(p->parts[i].label)));
            said++;
        }
        last = n;
        before = p->parts[i].label;
    }
}

/* Thousands of characters that are no text show a wrong encoding. */
static bool is_gibberish(struct str s)
{
    size_t at = 0, n = 0, odd = 0;

    while (at < s.n && n < 20000) {
        uint32_t cp = utf8_next(s, &at);

        n++;
        odd += (cp >= 0xe000 && cp <= 0xf8ff) || cp == 0xfffd || (cp >= 0x80 && cp < 0x100);
    }
    return n > 20 && odd * 3 > n;
}

enum tb_code validate_text(struct arena *a, const struct policy_text *p, struct label *l,
                           struct tb_err *e)
{
    if (p->passage_n == 0)
        return tb_fail(e, TB_INVALID, "文件里没有可以检索的内容", "no passages");
    if (p->passage_n > VALIDATE_PASSAGES_MAX)
        return tb_fail(e, TB_TOO_LARGE, "文件里的条款太多（上限 5 万条），请拆成几个文件",
                       "passages=%zu", p->passage_n);
    if (is_gibberish(p->plain))
        return tb_fail(e, TB_UNSUPPORTED, "文字编码无法识别，请另存为 UTF-8 后再试", "gibberish");
    articles_check(a, p, l);
    return TB_OK;
}
