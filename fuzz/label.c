/* Any bytes as a file to be verified: a report that holds together, and a watermark read is one
 * made. */
#include "review/label.h"
#include "base/utf8.h"
#include "review/watermark.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = ARENA_INIT;
    struct str text = str_of((const char *)data, size), again;
    struct label_report r;
    bool broken;

    label_look(&a, text, &r);
    assert(!r.digest_right || r.digest_known);
    assert(!r.digest_known || r.implicit);
    assert(r.watermark_copies >= 0 && (r.watermark_copies > 0 || r.watermark.n == 0));
    if (r.watermark_copies > 0 && r.watermark.n) {
        assert(watermark_read(&a, watermark_make(&a, r.watermark), &again, &broken) == 1);
        assert(str_eq(again, r.watermark) && !broken);
    }
    arena_release(&a);
    return 0;
}
