/* Numbers and dates as Chinese official texts write them: 三十万元, 12.5万, ２０００, 3,000,
 * 百分之三十, 二〇二五年七月一日, 2025年7月1日, 2025-07-01. GB/T 15835-2011 names the forms. */
#ifndef TEXT_NUMERAL_H
#define TEXT_NUMERAL_H
#include "base/date.h"
#include "base/str.h"

/* The number that begins at s, in Arabic, full-width or Chinese figures with 十百千万亿 and
 * decimals; 百分之N and N% give N/100. Returns bytes taken (0: no number here). */
size_t numeral_read(struct str s, double *out);
/* The date that begins at s (year-month-day in any of the forms); bytes taken or 0. */
size_t date_read(struct str s, int32_t *day);
/* The first date at or after from: sets *begin and *end; false if none. */
bool date_find(struct str s, size_t from, size_t *begin, size_t *end, int32_t *day);

#endif
