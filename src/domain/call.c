#include "domain/call.h"

static const struct {
    const char *name, *title;
} priorities[PRIORITY_COUNT] = { [PRIORITY_HOTLINE] = { "hotline", "热线" },
                                 [PRIORITY_WINDOW] = { "window", "窗口" },
                                 [PRIORITY_STAFF] = { "staff", "办公" },
                                 [PRIORITY_BATCH] = { "batch", "批量" } },
  keepings[KEEPING_COUNT] = { [KEEPING_FULL] = { "full", "全文（加密）" },
                              [KEEPING_MASKED] = { "masked", "脱敏后全文" },
                              [KEEPING_DIGEST] = { "digest", "只留摘要值" } },
  injecteds[INJECTED_COUNT] = {
      [INJECTED_REFUSE] = { "refuse", "拦下" }, [INJECTED_MARK] = { "mark", "标记后放行" }
  };

const char *priority_name(enum priority p)
{
    return priorities[p].name;
}

const char *priority_title(enum priority p)
{
    return priorities[p].title;
}

bool priority_parse(struct str s, enum priority *out)
{
    for (enum priority p = 0; p < PRIORITY_COUNT; p++)
        if (str_eqz(s, priorities[p].name)) {
            *out = p;
            return true;
        }
    return false;
}

const char *keeping_name(enum keeping k)
{
    return keepings[k].name;
}

const char *keeping_title(enum keeping k)
{
    return keepings[k].title;
}

bool keeping_parse(struct str s, enum keeping *out)
{
    for (enum keeping k = 0; k < KEEPING_COUNT; k++)
        if (str_eqz(s, keepings[k].name)) {
            *out = k;
            return true;
        }
    return false;
}

const char *injected_name(enum injected i)
{
    return injecteds[i].name;
}

const char *injected_title(enum injected i)
{
    return injecteds[i].title;
}

bool injected_parse(struct str s, enum injected *out)
{
    for (enum injected i = 0; i < INJECTED_COUNT; i++)
        if (str_eqz(s, injecteds[i].name)) {
            *out = i;
            return true;
        }
    return false;
}
