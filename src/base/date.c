#include "base/date.h"

#include <stdio.h>

enum { ZONE_MS = 8 * 3600 * 1000, DAY_MS = 24 * 3600 * 1000 };

static bool leap(int y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int month_days(int y, int m)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return m == 2 && leap(y) ? 29 : days[m - 1];
}

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days_from_civil. */
int32_t day_of(int y, int m, int d)
{
    int era, yoe, doy, doe;

    if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > month_days(y, m))
        return DAY_NONE;
    y -= m <= 2;
    era = y / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return (int32_t)(era * 146097 + doe - 719468);
}

void day_split(int32_t day, int *year, int *month, int *mday)
{
    int z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

    *mday = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

static bool digits(struct str s, int *out)
{
    *out = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *out = *out * 10 + (s.p[i] - '0');
    }
    return s.n > 0;
}

bool day_parse(struct str s, int32_t *out)
{
    int y, m, d;

    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !digits(str_sub(s, 0, 4), &y) ||
        !digits(str_sub(s, 5, 2), &m) || !digits(str_sub(s, 8, 2), &d))
        return false;
    *out = day_of(y, m, d);
    return *out != DAY_NONE;
}

struct str day_text(int32_t day, char out[16])
{
    int y, m, d;

    out[0] = 0;
    if (day == DAY_NONE)
        return str_of(out, 0);
    day_split(day, &y, &m, &d);
    snprintf(out, 16, "%04d-%02d-%02d", y % 10000, m % 100, d % 100);
    return str_of(out, 10);
}

int32_t day_from_ms(int64_t ms)
{
    ms += ZONE_MS;
    return (int32_t)((ms >= 0 ? ms : ms - DAY_MS + 1) / DAY_MS);
}

int32_t day_today(const struct world *w)
{
    return day_from_ms(world_now_ms(w));
}

struct str time_text(int64_t ms, char out[32])
{
    char d[16];
    int64_t in = (ms + ZONE_MS) % DAY_MS;
    int n;

    in = in < 0 ? in + DAY_MS : in;
    day_text(day_from_ms(ms), d);
    n = snprintf(out, 32, "%sT%02d:%02d:%02d.%03d+08:00", d, (int)(in / 3600000 % 24),
                 (int)(in / 60000 % 60), (int)(in / 1000 % 60), (int)(in % 1000));
    return str_of(out, (size_t)n);
}
