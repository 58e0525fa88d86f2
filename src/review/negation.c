#include "review/negation.h"

#include "base/utf8.h"

#include <string.h>

static size_t negation_at(struct str s)
{
    static const char *const not_a_negation[] = { "不超过",   "不少于", "不低于",   "不高于",
                                                  "不足",     "不满",   "不论",     "不同",
                                                  "不动产",   "不限",   "不管",     "未成年",
                                                  "不仅",     "未满",   "不得低于", "不得超过",
                                                  "不得少于", "不含" };
    static const char *const words[] = { "不得", "不能", "不可以", "不可", "不予", "不需要",
                                         "不需", "不用", "无需",   "无须", "不再", "不",
                                         "未",   "没有", "免于",   "禁止" };

    for (size_t i = 0; i < sizeof(not_a_negation) / sizeof(not_a_negation[0]); i++)
        if (str_starts(s, str_z(not_a_negation[i])))
            return 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_starts(s, str_z(words[i])))
            return strlen(words[i]);
    return 0;
}

/* Is the word at `at` negated, within the two characters before it? */
static bool negated_before(struct str s, size_t at)
{
    size_t from = at;

    for (int i = 0; i < 3 && from > 0; i++) {
        size_t n;

        from = utf8_floor(s, from - 1);
        n = negation_at(str_from(s, from));
        if (n && from + n <= at && from + n + 6 >= at)
            return true;
    }
    return false;
}

/* x denies a word that y only affirms. */
bool negation_denies(struct str x, struct str y)
{
    for (size_t at = 0; at < x.n;) {
        size_t n = negation_at(str_from(x, at)), hit = 0;
        struct str word = n ? utf8_head(str_from(x, at + n), 2) : STR("");
        bool affirmed = false, denied = false;

        if (n == 0 || word.n < 6) {
            utf8_next(x, &at);
            continue;
        }
        while ((hit = str_find_from(y, word, hit)) != SIZE_MAX) {
            denied |= negated_before(y, hit);
            affirmed = true;
            hit += word.n;
        }
        if (affirmed && !denied)
            return true;
        at += n;
    }
    return false;
}
