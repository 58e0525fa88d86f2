#include "guard/number.h"

#include "base/date.h"

#include <string.h>

bool number_is_digits(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < '0' || p[i] > '9')
            return false;
    return true;
}

int number_of(const char *p, size_t n)
{
    int v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 10 + (p[i] - '0');
    return v;
}

/* A date from 1800 to 2099. */
static bool is_date(int year, const char *month_day)
{
    return year >= 1800 && year < 2100 &&
           day_of(year, number_of(month_day, 2), number_of(month_day + 2, 2)) != DAY_NONE;
}

bool number_is_id(const char *p)
{
    static const int weight[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int sum = 0;

    if (!number_is_digits(p, 17) || p[0] == '0')
        return false;
    for (int i = 0; i < 17; i++)
        sum += (p[i] - '0') * weight[i];
    return is_date(number_of(p + 6, 4), p + 10) && "10X98765432"[sum % 11] == p[17];
}

bool number_like_id(const char *p, size_t n)
{
    if (n == 15)
        return number_is_digits(p, 15) && p[0] != '0' && is_date(1900 + number_of(p + 6, 2), p + 8);
    return n == 18 && number_is_digits(p, 17) && p[0] != '0' &&
           (p[17] == 'X' || number_is_digits(p + 17, 1)) && is_date(number_of(p + 6, 4), p + 10);
}

bool number_is_luhn(const char *p, size_t n)
{
    int sum = 0;

    for (size_t i = 0; i < n; i++) {
        int d = p[n - 1 - i] - '0';

        if (i % 2 && (d *= 2) > 9)
            d -= 9;
        sum += d;
    }
    return sum % 10 == 0;
}

/* First and last beginning of four digits, and the lengths that cards with it have. */
static const struct {
    int from, to;
    size_t least, most;
} issuers[] = {
    { 6200, 6299, 16, 19 }, { 8100, 8171, 16, 16 }, { 4000, 4999, 16, 16 }, { 5100, 5599, 16, 16 },
    { 2221, 2720, 16, 16 }, { 3528, 3589, 16, 16 }, { 3400, 3499, 15, 15 }, { 3700, 3799, 15, 15 },
    { 9558, 9559, 16, 19 }, { 9530, 9557, 16, 19 }, { 6000, 6099, 16, 19 }, { 6500, 6599, 16, 16 },
    { 6858, 6859, 16, 19 }, { 6907, 6907, 16, 19 }, { 1030, 1031, 19, 19 }, { 9400, 9499, 16, 19 },
    { 9600, 9699, 16, 19 }, { 9800, 9899, 16, 19 }, { 9900, 9999, 16, 19 },
};

bool number_is_card(const char *p, size_t n)
{
    int head;

    if (n < 15 || n > 19 || !number_is_digits(p, n) || !number_is_luhn(p, n))
        return false;
    head = number_of(p, 4);
    for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++)
        if (head >= issuers[i].from && head <= issuers[i].to && n >= issuers[i].least &&
            n <= issuers[i].most)
            return true;
    return false;
}

bool number_is_credit_code(const char *p)
{
    static const char set[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    int sum = 0, weight = 1, last = -1;

    for (int i = 0; i < 18; i++) {
        const char *at = p[i] ? strchr(set, p[i]) : NULL;

        if (!at)
            return false;
        last = (int)(at - set);
        if (i < 17)
            sum += last * weight;
        weight = weight * 3 % 31;
    }
    return (31 - sum % 31) % 31 == last;
}

bool number_is_mobile(const char *p, size_t n)
{
    return n == 11 && p[0] == '1' && p[1] >= '3' && number_is_digits(p, n);
}

size_t number_area_code(const char *p, size_t n)
{
    if (n < 3 || p[0] != '0' || !number_is_digits(p, n))
        return 0;
    if (p[1] == '1' && p[2] == '0')
        return 3;
    if (p[1] == '2')
        return 3;
    return n >= 4 && p[1] >= '3' ? 4 : 0;
}

bool number_is_hongkong_id(const char *p, size_t n)
{
    size_t letters = n - 7;
    int sum = letters == 1 ? 36 * 9 : 0, last;

    if (n < 8 || n > 9)
        return false;
    for (size_t i = 0; i + 1 < n; i++) {
        bool letter = p[i] >= 'A' && p[i] <= 'Z', digit = p[i] >= '0' && p[i] <= '9';

        if (i < letters ? !letter : !digit)
            return false;
        sum += (letter ? p[i] - 'A' + 10 : p[i] - '0') * (int)(n - i);
    }
    last = (11 - sum % 11) % 11;
    return p[n - 1] == (last == 10 ? 'A' : '0' + last);
}

bool number_is_taiwan_id(const char *p, size_t n)
{
    static const char order[] = "ABCDEFGHJKLMNPQRSTUVXYWZIO"; /* 10, 11 … 35 */
    const char *at = n == 10 && p[0] ? strchr(order, p[0]) : NULL;
    int sum;

    if (!at || (p[1] != '1' && p[1] != '2') || !number_is_digits(p + 1, 9))
        return false;
    sum = (int)(at - order + 10) / 10 + (int)(at - order + 10) % 10 * 9;
    for (int i = 1; i < 9; i++)
        sum += (p[i] - '0') * (9 - i);
    return (sum + p[9] - '0') % 10 == 0;
}
