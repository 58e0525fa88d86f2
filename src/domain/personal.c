#include "domain/personal.h"

#include "base/utf8.h"

static const struct {
    const char *name, *title;
} ways[PERSONAL_WAYS] = { [PERSONAL_MASK] = { "mask", "脱敏" },
                          [PERSONAL_REFUSE] = { "refuse", "不收" },
                          [PERSONAL_ALLOW] = { "allow", "放行" } };

const char *personal_name(enum personal p)
{
    return ways[p].name;
}

const char *personal_title(enum personal p)
{
    return ways[p].title;
}

bool personal_parse(struct str s, enum personal *out)
{
    for (enum personal p = 0; p < PERSONAL_WAYS; p++)
        if (str_eqz(s, ways[p].name)) {
            *out = p;
            return true;
        }
    return false;
}

const char *personal_wrong(enum personal p, struct str reason)
{
    if (p == PERSONAL_ALLOW && utf8_count(reason) < 4)
        return "放行（allow）个人信息要写明理由（personal_reason，至少 4 个字）";
    if (utf8_count(reason) > PERSONAL_REASON_CHARS)
        return "理由（personal_reason）不超过 100 个字";
    if (p != PERSONAL_ALLOW && reason.n)
        return "只有放行（allow）才写理由（personal_reason）";
    return NULL;
}
