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
    static struct sm2 *key;
    struct label_report r;
    struct sm2_keys keys;
    bool broken;

    if (!key)
        key = sm2_new();
    keys = (struct sm2_keys){ .v = { key }, .n = 1 };
    label_look(&a, text, &keys, &r);
    assert(r.origin == LABEL_UNSIGNED || r.origin == LABEL_FOREIGN); /* nobody else makes ours */
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
