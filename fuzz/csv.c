/* Any text as a table: reading ends, rows move on, fields are whole. */
#include "base/csv_read.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = ARENA_INIT;
    struct csv_reader r = csv_reader(&a, str_of((const char *)data, size));
    struct str fields[CSV_FIELDS_MAX];
    size_t n, rows = 0;

    while (csv_next(&r, fields, &n)) {
        assert(n >= 1 && n <= CSV_FIELDS_MAX);
        assert(r.line >= 1 && r.at <= size);
        for (size_t i = 0; i < n; i++)
            assert(fields[i].n <= size);
        assert(++rows <= size);
    }
    arena_release(&a);
    return 0;
}
