/* Civil dates as days since 1970-01-01 and times in the city's zone (UTC+8, no summer time). */
#ifndef BASE_DATE_H
#define BASE_DATE_H
#include "base/world.h"

#define DAY_NONE INT32_MIN /* no date given */

int32_t day_of(int year, int month, int day); /* DAY_NONE when there is no such day */
void day_split(int32_t day, int *year, int *month, int *mday);
bool day_parse(struct str s, int32_t *out);     /* "2026-11-21" exactly */
struct str day_text(int32_t day, char out[16]); /* "2026-11-21"; "" for DAY_NONE */
int32_t day_today(const struct world *w);       /* today in UTC+8 */
int32_t day_from_ms(int64_t ms);
struct str time_text(int64_t ms, char out[32]); /* "2026-11-21T10:00:00.000+08:00" */

#endif
