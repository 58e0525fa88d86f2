#include "scenario/policy/wording.h"

static struct str after_any(struct str s, const char *const *heads, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_starts(s, str_z(heads[i])))
            return str_from(s, str_z(heads[i]).n);
    return str_of(NULL, 0);
}

/* 第五条, 第五条第二款（一）, （二）: what may stand between the title and the comma. */
static struct str without_clause(struct str s)
{
    size_t end;

    while (str_starts(s, STR("第")) || str_starts(s, STR("（"))) {
        const char *tail = str_starts(s, STR("（")) ? "）" : NULL;
        size_t article = str_find(s, STR("条")), part = str_find(s, STR("款"));

        end = tail ? str_find(s, str_z(tail)) : article < part ? article : part;
        if (end == SIZE_MAX || end > 30)
            break;
        s = str_trim(str_from(s, end + 3));
    }
    return s;
}

struct str wording_plain(struct str s)
{
    static const char *const heads[] = { "根据", "依据", "按照" };
    static const char *const tails[] = { "的规定，", "规定，", "的规定：", "，" };
    struct str rest = after_any(s, heads, 3), plain;
    size_t title = str_starts(rest, STR("《")) ? str_find(rest, STR("》")) : SIZE_MAX;

    plain = title == SIZE_MAX ? without_clause(s) : without_clause(str_from(rest, title + 3));
    if (title != SIZE_MAX) {
        struct str cut = after_any(plain, tails, sizeof(tails) / sizeof(tails[0]));

        if (!cut.p)
            return s;
        plain = cut;
    }
    return plain.n >= 12 ? plain : s;
}
