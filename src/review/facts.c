#include "review/facts.h"

#include "base/utf8.h"
#include "text/numeral.h"

#include <math.h>
#include <string.h>

static void add(struct arena *a, struct fact_list *l, size_t *cap, struct fact f)
{
    l->v = arena_grow(a, l->v, l->n, cap, sizeof(*l->v));
    l->v[l->n++] = f;
}

/* Units that change what a number says. Longer first. */
static struct str unit_at(struct str s)
{
    static const char *const units[] = {
        "个工作日", "工作日", "平方米", "周岁", "个月", "公里", "个百分点", "万元", "亿元",
        "元",       "年",     "月",     "日",   "天",   "岁",   "人",       "次",   "％",
        "%",        "分",     "倍",     "户",   "套",   "间",   "层",       "小时", "分钟",
        "级",       "类",     "档",     "份",   "张",   "名",   "期",       "米",   "项",
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (str_starts(s, str_z(units[i])))
            return str_sub(s, 0, strlen(units[i]));
    return STR("");
}

static bool ascii_digit(struct str s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

/* 0920-2210111, 12345, 13800001111: bytes of a phone that begins at s, 0 if none. */
static size_t phone_at(struct str s)
{
    size_t n = 0, digits = 0;

    while (ascii_digit(s, n) || (n > 0 && n < s.n && s.p[n] == '-' && ascii_digit(s, n + 1))) {
        digits += s.p[n] != '-';
        n++;
    }
    if (digits == 11 && (s.p[0] == '0' || s.p[0] == '1'))
        return n;
    if ((digits == 7 || digits == 8 || digits == 12) && (memchr(s.p, '-', n) || s.p[0] == '0'))
        return n;
    return digits == 10 && str_starts(s, STR("400")) ? n : 0;
}

/* 明民规〔2024〕3号: the bracketed year and what stands on both sides of it. */
static size_t document_number_at(struct str s, size_t at, size_t *begin)
{
    struct str open = STR("〔"), close = STR("〕");
    size_t end = str_find_from(s, STR("号"), at), b = at;

    if (!str_starts(str_from(s, at), open) || end == SIZE_MAX || end - at > 24 ||
        str_find_from(s, close, at) > end)
        return 0;
    for (int chars = 0; b > 0 && chars < 8; chars++) {
        size_t p = utf8_floor(s, b - 1), look = p;
        uint32_t c = utf8_next(s, &look);

        if (c < 0x4e00 || c > 0x9fff)
            break;
        b = p;
    }
    *begin = b;
    return end + 3;
}

/* Ends of official names. Before them at least two characters of Han text make an office. */
static size_t office_end_at(struct str s)
{
    static const char *const ends[] = {
        "便民服务中心", "服务中心", "管理中心", "街道办事处", "乡镇人民政府", "人民政府", "管理局",
        "委员会",       "派出所",   "法院",     "银行",       "办公室",       "服务窗口", "窗口",
        "大厅",         "中心",     "局",       "医院",       "公司",         "学校",
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (str_starts(s, str_z(ends[i])))
            return strlen(ends[i]);
    return 0;
}

/* Words that end before an office name begins: 请到|民政局, 向|街道办事处. */
static bool office_break(uint32_t c)
{
    struct str all = STR("到向由在去往的和与或及从是找给经为对可请至让各");
    size_t at = 0;

    if (c < 0x4e00 || c > 0x9fff)
        return true;
    while (at < all.n)
        if (utf8_next(all, &at) == c)
            return true;
    return false;
}

static size_t office_begin(struct str s, size_t at)
{
    size_t b = at;

    for (int chars = 0; b > 0 && chars < 12; chars++) {
        size_t p = utf8_floor(s, b - 1), look = p;

        if (office_break(utf8_next(s, &look)))
            break;
        b = p;
    }
    return b;
}

/* 一 and 两 inside words (一般, 一致, 两者) are not facts; neither is the number of an article or
 * item. */
static bool plain_word(struct str s, size_t at, size_t n, struct str unit)
{
    struct str num = str_sub(s, at, n);
    bool before = at >= 3 && str_eq(str_sub(s, at - 3, 3), STR("第"));
    struct str after = str_sub(s, at + n, 3);

    if (before && (str_eq(after, STR("条")) || str_eq(after, STR("款")) ||
                   str_eq(after, STR("项")) || str_eq(after, STR("章"))))
        return true;
    if ((unsigned char)num.p[0] < 0x80 || unit.n)
        return false;
    return utf8_count(num) == 1;
}

static size_t number_fact(struct arena *a, struct fact_list *l, size_t *cap, struct str s,
                          size_t at)
{
    struct fact f = { .kind = FACT_NUMBER };
    size_t n = numeral_read(str_from(s, at), &f.value);

    if (n == 0)
        return 0;
    f.unit = unit_at(str_from(s, at + n));
    f.text = str_sub(s, at, n + f.unit.n);
    if (!plain_word(s, at, n, f.unit))
        add(a, l, cap, f);
    return n;
}

/* Tries every kind at one place; returns the bytes taken. */
static size_t fact_at(struct arena *a, struct fact_list *l, size_t *cap, struct str s, size_t at)
{
    struct fact f = { .kind = FACT_DATE };
    size_t n, begin;
    int32_t day;

    if ((n = document_number_at(s, at, &begin)) > 0) {
        f.kind = FACT_DOCUMENT_NUMBER;
        f.text = str_sub(s, begin, n - begin);
        add(a, l, cap, f);
        return n - at;
    }
    if ((n = date_read(str_from(s, at), &day)) > 0) {
        f.text = str_sub(s, at, n);
        f.value = day;
        add(a, l, cap, f);
        return n;
    }
    if ((n = phone_at(str_from(s, at))) > 0) {
        f.kind = FACT_PHONE;
        f.text = str_sub(s, at, n);
        add(a, l, cap, f);
        return n;
    }
    if ((n = office_end_at(str_from(s, at))) > 0) {
        begin = office_begin(s, at);
        f.kind = FACT_OFFICE;
        f.text = str_sub(s, begin, at + n - begin);
        if (utf8_count(str_sub(s, begin, at - begin)) >= 2)
            add(a, l, cap, f);
        return n;
    }
    return number_fact(a, l, cap, s, at);
}

struct fact_list facts_of(struct arena *a, struct str text)
{
    struct fact_list l = { NULL, 0 };
    size_t cap = 0, at = 0;

    while (at < text.n) {
        size_t n = fact_at(a, &l, &cap, text, at);

        if (n)
            at += n;
        else
            utf8_next(text, &at);
    }
    return l;
}

/* 岁 and 周岁, 天 and 日, ％ and %: the same unit in other words. 万元 after a scaled number is 元.
 */
static struct str unit_class(struct str u)
{
    static const char *const same[][2] = {
        { "周岁", "岁" }, { "天", "日" },           { "％", "%" },  { "万元", "元" },
        { "亿元", "元" }, { "个工作日", "工作日" }, { "名", "人" }, { "个月", "月" },
    };

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        if (str_eqz(u, same[i][0]))
            return str_z(same[i][1]);
    return u;
}

bool fact_same(const struct fact *x, const struct fact *y)
{
    if (x->kind != y->kind)
        return false;
    if (x->kind == FACT_DATE)
        return (int32_t)x->value == (int32_t)y->value;
    if (x->kind != FACT_NUMBER)
        return str_eq(x->text, y->text);
    if (fabs(x->value - y->value) > 1e-9 * fmax(1.0, fabs(y->value)))
        return false;
    return x->unit.n == 0 || y->unit.n == 0 || str_eq(unit_class(x->unit), unit_class(y->unit));
}

/* The shortest tail of an office name that still names it: its last four characters or more. */
static bool office_stands(struct str name, struct str text)
{
    size_t at = 0, chars = utf8_count(name);

    for (; chars >= 3; chars--) {
        if (str_has(text, str_from(name, at)))
            return true;
        utf8_next(name, &at);
    }
    return false;
}

bool fact_stands(const struct fact *f, struct str text, const struct fact_list *known)
{
    if (f->kind == FACT_OFFICE)
        return office_stands(f->text, text);
    if (f->kind == FACT_PHONE || f->kind == FACT_DOCUMENT_NUMBER)
        return str_has(text, f->text);
    for (size_t i = 0; i < known->n; i++)
        if (fact_same(f, &known->v[i]))
            return true;
    return false;
}
