#include "knowledge/likeness.h"

#include "base/utf8.h"
#include "knowledge/query.h"
#include "text/numeral.h"

#include <math.h>
#include <string.h>

enum { CHARS = QUERY_UNITS_MAX, NUMBERS = 16 };

/* What is wanted to be known. Words of one row mean the same want; a question may have several. */
static const char *const wants[] = {
    "多少 几百 几千 几多 好多 几成 百分之 标准 比例 额度 最高 最多 多大 几个 多高 几户 费用 收费 "
    "要钱 花钱 多大年纪 几岁",
    "多久 多长时间 几天 什么时候 啥时候 何时 几号 截止 几点 期限 几月 时间 好久",
    "怎么 如何 咋 怎样 流程 步骤 在哪 哪里 哪儿 去哪 上哪 手机上",
    "材料 带什么 带啥 证件 手续 准备什么 准备啥",
    "能不能 可不可以 要不要 行不行 能否 是否 免费 用不用 有没有 可以吗 行吗 能吗 条件 什么人 "
    "资格 要求 谁能 谁可以",
};

/* What is left of a question without the words that only ask. */
struct content {
    uint16_t c[CHARS];
    size_t n;
    unsigned wants;
    double number[NUMBERS];
    size_t numbers;
};

static bool stands_at(struct units u, size_t i, struct units w)
{
    return w.n && i + w.n <= u.n && memcmp(u.c + i, w.c, w.n * sizeof *w.c) == 0;
}

static unsigned wants_of(struct units u)
{
    struct arena a = ARENA_INIT;
    unsigned found = 0;

    for (size_t k = 0; k < sizeof wants / sizeof wants[0]; k++) {
        struct str rest = str_z(wants[k]);

        while (rest.p && !(found >> k & 1)) {
            struct units w = normal_units(&a, str_cut(&rest, STR(" ")));

            for (size_t i = 0; i < u.n; i++)
                if (stands_at(u, i, w))
                    found |= 1U << k;
        }
    }
    arena_release(&a);
    return found;
}

static bool is_figure(uint16_t c)
{
    static const uint16_t figures[] = { 0x3007, 0x96F6, 0x4E00, 0x4E8C, 0x4E24, 0x4E09,
                                        0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D,
                                        0x5341, 0x767E, 0x5343, 0x4E07 };

    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (c == figures[i])
            return true;
    return c >= '0' && c <= '9';
}

/* 八十 and 80 are one number; a single Chinese figure (一个月) says nothing. */
static void take_numbers(struct units u, struct content *out)
{
    struct arena a = ARENA_INIT;

    for (size_t i = 0, j; i < u.n; i = j + 1) {
        double v;

        for (j = i; j < u.n && is_figure(u.c[j]); j++)
            ;
        if (j - i > 1 || (j > i && u.c[i] < 0x80)) {
            struct str figures = normal_utf8(&a, (struct units){ u.c + i, j - i });

            if (out->numbers < NUMBERS && numeral_read(figures, &v))
                out->number[out->numbers++] = v;
        }
    }
    arena_release(&a);
}

/* Characters that a speaker may add or drop without asking anything else. */
static bool is_filler(uint16_t c)
{
    static const char fillers[] = "有要请问想知道需能会得该给是去来到在把被让就都也还再下个麻烦帮";
    char z[4];

    return str_has(str_z(fillers), str_of(z, utf8_put(z, c)));
}

static void content_of(struct units u, struct content *out)
{
    uint8_t asks[CHARS] = { 0 };

    *out = (struct content){ .wants = wants_of(u) };
    u.n = u.n > CHARS ? CHARS : u.n;
    query_asking(u, asks);
    for (size_t i = 0; i < u.n; i++)
        if (!asks[i] && !is_figure(u.c[i]) && !is_filler(u.c[i]) &&
            (unit_is_han(u.c[i]) || unit_is_word(u.c[i])))
            out->c[out->n++] = u.c[i];
    take_numbers(u, out);
}

void likeness_count(struct likeness_weights *w, struct units question)
{
    for (size_t i = 0; i < question.n; i++) {
        bool again = false;

        for (size_t k = 0; k < i && !again; k++)
            again = question.c[k] == question.c[i];
        if (!again && w->df[question.c[i]] < UINT16_MAX)
            w->df[question.c[i]]++;
    }
    w->questions++;
}

static double weight(const struct likeness_weights *w, uint16_t c)
{
    return log(1.0 + ((double)w->questions + 1.0) / ((double)w->df[c] + 1.0));
}

static bool has(const struct content *x, uint16_t a, uint16_t b)
{
    for (size_t i = 0; i + (b != 0) < x->n; i++)
        if (x->c[i] == a && (!b || x->c[i + 1] == b))
            return true;
    return false;
}

/* Share of a's telling characters, and pairs of them, that b has too. */
static double covered(const struct likeness_weights *w, const struct content *a,
                      const struct content *b)
{
    double all = 0, in = 0;

    for (size_t i = 0; i < a->n; i++) {
        double k = weight(w, a->c[i]);

        all += k;
        in += has(b, a->c[i], 0) ? k : 0;
        if (i + 1 == a->n)
            continue;
        k = (k + weight(w, a->c[i + 1])) / 4;
        all += k;
        in += has(b, a->c[i], a->c[i + 1]) ? k : 0;
    }
    return all > 0 ? in / all : 0;
}

static bool says_more(const struct content *a, const struct content *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (!has(b, a->c[i], 0))
            return true;
    return false;
}

static bool same_content(const struct content *a, const struct content *b)
{
    return a->n == b->n && a->n && memcmp(a->c, b->c, a->n * sizeof *a->c) == 0;
}

static bool numbers_differ(const struct content *a, const struct content *b)
{
    if (!a->numbers || !b->numbers)
        return false;
    for (size_t i = 0; i < a->numbers; i++)
        for (size_t k = 0; k < b->numbers; k++)
            if (fabs(a->number[i] - b->number[k]) < 1e-9)
                return false;
    return true;
}

static double nearness(const struct embedding *a, const struct embedding *b)
{
    int32_t dot = 0;
    double cosine;

    for (int i = 0; i < EMBED_DIM; i++)
        dot += a->v[i] * b->v[i];
    cosine = (double)dot * (double)a->scale * (double)b->scale;
    return cosine < 0.65 ? 0 : cosine > 0.92 ? 1 : (cosine - 0.65) / 0.27;
}

double likeness_of(const struct likeness_weights *w, const struct likeness_side *asked,
                   const struct likeness_side *known)
{
    struct content a, b;
    double both, score;

    content_of(asked->u, &a);
    content_of(known->u, &b);
    both = fmin(covered(w, &a, &b), covered(w, &b, &a));
    score = both;
    if (asked->vector && known->vector)
        score = fmax(both * 0.9, 0.6 * both + 0.4 * nearness(asked->vector, known->vector));
    if (same_content(&a, &b))
        score = 1;
    if (a.wants && b.wants && !(a.wants & b.wants))
        score *= 0.7;
    if (numbers_differ(&a, &b))
        score *= 0.6;
    if (says_more(&a, &b) && says_more(&b, &a))
        score *= 0.8; /* one word stands where the other has another: 离婚, 结婚 */
    return score;
}
