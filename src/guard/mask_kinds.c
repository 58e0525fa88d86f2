/* Addresses of mail, plates, dates of birth, numbers of court cases. */
#include "guard/mask_int.h"

#include "base/date.h"
#include "base/utf8.h"

/* ---- mail ---- */

static bool mail_char(uint32_t c)
{
    return mask_is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+';
}

static uint32_t next_half(struct str s, size_t *at)
{
    return *at < s.n ? mask_half_width(utf8_next(s, at)) : 0;
}

/* Bytes of the domain at `from`: labels of two letters or more at the end. */
static size_t domain(struct str s, size_t from)
{
    size_t at = from, end = 0, last = 0, dots = 0;

    for (;;) {
        size_t here = at;
        uint32_t c = next_half(s, &at);

        if (!c || !mail_char(c)) {
            at = here;
            break;
        }
        if (c == '.') {
            dots++;
            last = 0;
            continue;
        }
        last++;
        if (dots && last >= 2)
            end = at;
    }
    return end > from ? end - from : 0;
}

size_t mask_mail_at(struct str s, size_t at)
{
    size_t look = at, n = 0;
    uint32_t c;

    while ((c = next_half(s, &look)) && mail_char(c) && n < 64)
        n++;
    if (c != '@' || n == 0)
        return 0;
    n = domain(s, look);
    return n ? look + n - at : 0;
}

size_t mask_mail_from(struct str s, size_t at, size_t least)
{
    size_t from = at, look = at;

    for (int n = 0; n < 64 && look > least; n++) {
        if (!mail_char(mask_half_width(mask_back(s, &look))))
            break;
        from = look;
    }
    return from;
}

/* ---- plates ---- */

static const char provinces[] = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

static bool is_province(struct str s)
{
    for (size_t at = 0; at < sizeof provinces - 1 && s.n >= 3; at += 3)
        if (memcmp(provinces + at, s.p, 3) == 0)
            return true;
    return false;
}

/* 川A12345, 川A·12345, 粤Z1234港: of the figures, how many a plate takes; 0: none. */
static size_t plate_figures(struct str s, const struct figures *f)
{
    static const struct str last[] = { W("学"), W("警"), W("挂"), W("港"),    W("澳"),
                                       W("领"), W("试"), W("超"), { NULL, 0 } };
    size_t digits = 0;
    bool five = f->n == 5 && mask_begins(str_from(s, f->ends[4]), last);

    if (f->n < 5 || f->s[0] < 'A' || f->s[0] == 'I' || (!five && f->n != 6 && f->n != 7))
        return 0;
    for (size_t i = 1; i < f->n; i++) {
        digits += f->s[i] <= '9';
        if (f->s[i] == 'I' || f->s[i] == 'O')
            return 0;
    }
    return digits >= 2 ? f->n : 0;
}

/* GA 36-2018: province character, office letter, 5 (or 6, new energy) letters and digits. */
size_t mask_plate_at(struct str s, size_t at)
{
    static const struct str made[] = { W("最"), W("创"), W("更"), W("全"),    W("崭"),
                                       W("革"), W("翻"), W("重"), { NULL, 0 } };
    struct figures f;

    if (!is_province(str_from(s, at)) || mask_ends(mask_before(s, at, 3), made))
        return 0;
    figures_read(s, at + 3, false, &f);
    while (f.groups > 2 || (f.groups == 2 && f.first[1] != 1 && f.first[1] != 2)) {
        f.groups--;
        f.n = f.first[f.groups];
    }
    if (!plate_figures(s, &f))
        return 0;
    return f.ends[f.n - 1] - at + (f.n == 5 ? 3 : 0);
}

/* ---- dates of birth ---- */

struct date {
    struct str s;
    size_t at;
};

/* Up to `most` digits of one kind; Chinese ones also with 十. -1: none. */
static int figure_run(struct date *d, size_t most)
{
    int v = 0, ones = 0;
    size_t n = 0;

    while (n < most + 1 && d->at < d->s.n) {
        size_t look = d->at;
        bool han;
        uint32_t c = utf8_next(d->s, &look);
        char f = mask_figure(c, &han);

        if (c == 0x5341) { /* 十 */
            v = n ? v * 10 : 10;
            ones = 1;
        } else if (f >= '0' && f <= '9') {
            v = ones ? v + (f - '0') : v * 10 + (f - '0');
        } else {
            break;
        }
        n++;
        d->at = look;
    }
    return n ? v : -1;
}

static bool skip_one(struct date *d, const struct str *words)
{
    for (; words->p; words++)
        if (str_starts(str_from(d->s, d->at), *words)) {
            d->at += words->n;
            return true;
        }
    return false;
}

static bool take_date(struct date *d)
{
    static const struct str year_ends[] = { W("年"), W("-"),  W("/"), W("."),
                                            W("．"), W("－"), W(" "), { NULL, 0 } };
    static const struct str month_ends[] = { W("月"), W("-"),  W("/"), W("."),
                                             W("．"), W("－"), W(" "), { NULL, 0 } };
    static const struct str day_ends[] = { W("日"), W("号"), { NULL, 0 } };
    size_t from;
    int year = figure_run(d, 4), month, day;

    if (year < 1850 || year > 2099 || !skip_one(d, year_ends))
        return false;
    month = figure_run(d, 2);
    if (month < 1 || month > 12)
        return false;
    if (!skip_one(d, month_ends))
        return false;
    from = d->at;
    day = figure_run(d, 3);
    if (day < 1) {
        d->at = from;
        return true;
    }
    skip_one(d, day_ends);
    return day_of(year, month, day) != DAY_NONE;
}

static bool take_compact(struct date *d)
{
    struct figures f;
    int year;

    figures_read(d->s, d->at, false, &f);
    if (!f.groups || f.first[1] != 8 || !number_is_digits(f.s, 8))
        return false;
    year = number_of(f.s, 4);
    d->at = f.ends[7];
    return year >= 1850 && year < 2100 &&
           day_of(year, number_of(f.s + 4, 2), number_of(f.s + 6, 2)) != DAY_NONE;
}

static const struct str birth_labels[] = { W("出生日期"), W("出生年月"), W("出生年月日"),
                                           W("生日"),     W("生于"),     W("出生于"),
                                           W("出生时间"), W("出生日"),   W("生辰"),
                                           W("出生"),     { NULL, 0 } };
static const struct str persons[] = {
    W("我"), W("他"), W("她"), W("儿"),   W("女"), W("孩"),   W("宝"),     W("母"),    W("父"),
    W("妈"), W("爸"), W("爷"), W("奶"),   W("老"), W("妻"),   W("夫"),     W("姐"),    W("妹"),
    W("哥"), W("弟"), W("岁"), W("本人"), W("男"), W("患者"), W("当事人"), { NULL, 0 }
};

/* 1990年1月2日出生 of somebody; not 2025年1月1日出生的婴儿, 1月1日以后出生. */
static bool born_after(struct str s, size_t from, size_t to)
{
    static const struct str born[] = { W("出生"), W("生人"), { NULL, 0 } };
    static const struct str ruled[] = { W("的"), W("后"), W("前"),    W("以"),
                                        W("且"), W("并"), { NULL, 0 } };
    struct str rest = str_from(s, to), near = mask_clause(mask_before(s, from, 30));

    if (!mask_begins(rest, born))
        return false;
    if (!mask_begins(str_from(rest, 6), ruled))
        return true;
    for (size_t i = 0; persons[i].p; i++)
        if (str_has(near, persons[i]))
            return true;
    return false;
}

size_t mask_birth_at(struct str s, size_t at)
{
    static const struct str no_birth[] = { W("发生于"), W("产生于"), { NULL, 0 } };
    struct date d = { s, at };
    struct str label;
    bool han;
    char first = mask_figure(mask_peek(s, at), &han);

    if (first != '1' && first != '2')
        return 0;
    if (!str_has(mask_before(s, at, 36), STR("生")) && !str_has(str_sub(s, at, 40), STR("生")))
        return 0;
    if (!take_date(&d)) {
        d.at = at;
        if (!take_compact(&d))
            return 0;
    }
    label = mask_label_before(s, at);
    if ((mask_ends(label, birth_labels) && !mask_ends(label, no_birth)) || born_after(s, at, d.at))
        return d.at - at;
    return 0;
}

/* ---- court cases ---- */

/* Han characters of the kind that name courts' matters, at most eight. */
static size_t matter(struct str s, size_t at)
{
    static const char letters[] = "民刑行执初终再申赔保破知财监辖清强特督催司协外商审异复恢他更抗";
    size_t n = 0, from = at;

    while (n < 8 && at + 3 <= s.n) {
        bool known = false;

        for (size_t i = 0; i < sizeof letters - 1; i += 3)
            known |= memcmp(letters + i, s.p + at, 3) == 0;
        if (!known)
            break;
        at += 3;
        n++;
    }
    return at - from;
}

/* Court cases by 人民法院案号 rules of 2015: （2024）川0105民初1234号; from the bracket on. */
size_t mask_case_at(struct str s, size_t at)
{
    static const struct str high[] = { W("最高法"), { NULL, 0 } };
    struct date d = { s, at };
    size_t n;
    int year;

    utf8_next(s, &d.at);
    year = figure_run(&d, 4);
    if (year < 1980 || year > 2099)
        return 0;
    n = mask_peek(s, d.at);
    if (n != ')' && n != 0xff09 && n != 0x3015)
        return 0;
    utf8_next(s, &d.at);
    if (is_province(str_from(s, d.at)))
        d.at += 3;
    else if (!skip_one(&d, high))
        return 0;
    figure_run(&d, 4);
    n = matter(s, d.at);
    d.at += n;
    if (n < 3 || figure_run(&d, 8) < 1 || !str_starts(str_from(s, d.at), STR("号")))
        return 0;
    return d.at + 3 - at;
}
