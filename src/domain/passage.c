#include "domain/passage.h"

enum validity validity_on(int32_t day, int32_t effective_from, int32_t expires_on,
                          int32_t repealed_on)
{
    if (effective_from != DAY_NONE && day < effective_from)
        return VALIDITY_NOT_YET;
    if (repealed_on != DAY_NONE && day >= repealed_on)
        return VALIDITY_REPEALED;
    if (expires_on != DAY_NONE && day > expires_on)
        return VALIDITY_EXPIRED;
    return VALIDITY_IN_FORCE;
}

const char *validity_name(enum validity v)
{
    static const char *const names[] = { "", "in_force", "not_yet", "expired", "repealed" };

    return names[v];
}

const char *validity_title(enum validity v)
{
    static const char *const titles[] = { "", "现行有效", "尚未施行", "已失效", "已废止" };

    return titles[v];
}
