#include "extract/marks.h"

#include "base/utf8.h"
#include "text/numeral.h"

/* Figures of a mark: Chinese 一…九百九十九 or Arabic of at most three; bytes taken, 0 if none. */
static size_t figures(struct str s, int *number, bool *arabic)
{
    size_t at = 0;
    double v;

    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
        at++;
    *arabic = at > 0;
    if (at > 3)
        return 0;
    if (at == 0) {
        while (at < s.n) {
            size_t next = at;
            uint32_t cp = utf8_next(s, &next);
            struct str c = str_sub(s, at, next - at);

            if (cp < 0x80 || !str_has(STR("〇零一二三四五六七八九十百"), c))
                break;
            at = next;
        }
        if (at == 0 || at > 21)
            return 0;
    }
    if (numeral_read(str_sub(s, 0, at), &v) != at || v < 1 || v > 999)
        return 0;
    *number = (int)v;
    return at;
}

static bool parted_at(struct str s, size_t at)
{
    struct str rest = str_from(s, at);

    return rest.n == 0 || rest.p[0] == ' ' || rest.p[0] == ':' || str_starts(rest, STR("：")) ||
           str_starts(rest, STR("　"));
}

static struct mark made(enum mark_kind kind, int level, int number, struct str s, size_t label,
                        size_t taken)
{
    return (struct mark){ kind, level, number, str_sub(s, 0, label), taken, parted_at(s, taken),
                          false };
}

static const struct mark none = { MARK_NONE, 0, 0, { NULL, 0 }, 0, false, false };

/* 第五条, 第五条之一, 第一章 */
static struct mark ordinal(struct str s)
{
    static const struct {
        struct str unit;
        enum mark_kind kind;
        int level;
    } units[] = {
        { { "条", 3 }, MARK_ARTICLE, 0 },   { { "章", 3 }, MARK_CHAPTER, 2 },
        { { "节", 3 }, MARK_CHAPTER, 3 },   { { "编", 3 }, MARK_CHAPTER, 1 },
        { { "部分", 6 }, MARK_CHAPTER, 1 },
    };
    struct str rest = str_from(s, 3);
    int number, more;
    bool arabic;
    size_t k;

    if (str_starts(rest, STR(" ")))
        rest = str_from(rest, 1);
    k = figures(rest, &number, &arabic);
    if (k == 0)
        return none;
    rest = str_from(rest, k);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t end;

        if (!str_starts(rest, units[i].unit))
            continue;
        rest = str_from(rest, units[i].unit.n);
        if (units[i].kind == MARK_ARTICLE && str_starts(rest, STR("之")) &&
            (k = figures(str_from(rest, 3), &more, &arabic)) > 0)
            rest = str_from(rest, 3 + k);
        end = s.n - rest.n;
        return made(units[i].kind, units[i].level, number, s, end, end);
    }
    return none;
}

/* （一）, (一), （1）; the label is written with full-width brackets. */
static struct mark bracketed(struct str s)
{
    bool wide = str_starts(s, STR("（")), arabic;
    size_t open = wide ? 3 : 1, k, close;
    int number;

    k = figures(str_from(s, open), &number, &arabic);
    if (k == 0)
        return none;
    close = str_starts(str_from(s, open + k), STR("）"))  ? 3
            : str_starts(str_from(s, open + k), STR(")")) ? 1
                                                          : 0;
    if (!close)
        return none;
    return made(MARK_ITEM, arabic ? 4 : 2, number, s, open + k + close, open + k + close);
}

static size_t figures_before(struct str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

/* 一、 1. 1． 1、 */
static struct mark counted(struct str s)
{
    static const char *const ends[] = { "、", "．", ".", NULL };
    int number;
    bool arabic;
    size_t k = figures(s, &number, &arabic);
    struct str rest = str_from(s, k);
    struct mark m;

    for (int i = 0; k && ends[i]; i++) {
        struct str end = str_z(ends[i]);

        if (!str_starts(rest, end) || (!arabic && i == 2))
            continue;
        rest = str_from(rest, end.n);
        m = made(MARK_ITEM, arabic ? 3 : 1, number, s, k, k + end.n);
        m.decimal = arabic && i > 0 && figures_before(rest) > 0 && figures_before(rest) < 4;
        return m;
    }
    return none;
}

static struct mark annex(struct str s)
{
    struct str rest = str_from(s, 6);
    int number = 0;
    bool arabic;
    size_t k, end;

    if (str_starts(rest, STR(" ")))
        rest = str_from(rest, 1);
    k = figures(rest, &number, &arabic);
    end = k ? s.n - rest.n + k : 6;
    return made(MARK_ANNEX, 0, number, s, end, end);
}

struct mark mark_read(struct str s)
{
    size_t at = 0;
    uint32_t cp = s.n ? utf8_next(s, &at) : 0;

    if (str_starts(s, STR("第")))
        return ordinal(s);
    if (str_starts(s, STR("附件")))
        return annex(s);
    if (cp == '(' || str_starts(s, STR("（")))
        return bracketed(s);
    if (cp >= 0x2460 && cp <= 0x2473)
        return made(MARK_ITEM, 5, (int)(cp - 0x2460) + 1, s, at, at);
    return counted(s);
}
