/* Any bytes where a number or a date may begin. */
#include "text/numeral.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_of((const char *)data, size);
    size_t begin, end = 0;
    double v = 0;
    int32_t day;

    assert(numeral_read(s, &v) <= size);
    assert(date_read(s, &day) <= size);
    while (date_find(s, end, &begin, &end, &day))
        assert(begin < end && end <= size && day != DAY_NONE);
    return 0;
}
