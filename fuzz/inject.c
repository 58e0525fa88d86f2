/* Whatever somebody writes: the guard on injections reads it in every way without a fault, says the
 * same twice, and where it says the words stand, there is text. */
#include "guard/inject.h"

#include "base/fs.h"
#include "base/share.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct inject *table(void)
{
    static struct inject *x;
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;

    struct inject_files f = {
        .table = fs_join(&a, share_dir(&a), "rules/injection.yaml"),
        .examples = fs_join(&a, share_dir(&a), "rules/injection_examples.yaml"),
    };

    if (!x && inject_load(&f, &x, &e))
        abort();
    arena_release(&a);
    return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = ARENA_INIT;
    struct inject_verdict v, again;
    struct str text = { (const char *)data, size };

    if (size > 1 << 16)
        return 0;
    inject_judge(table(), &a, text, &v);
    inject_judge(table(), &a, text, &again);
    if (v.attack != again.attack || !str_eq(v.kind, again.kind) || v.from > v.to || v.to > size ||
        (v.attack && (!v.kind.n || !v.why.n)))
        abort();
    arena_release(&a);
    return 0;
}
