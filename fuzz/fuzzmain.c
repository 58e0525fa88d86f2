/* Replays a fuzz target over every file of the folders given: `make fuzz-replay`. */
#include "base/fs.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16 << 20 };

static int replay(const char *dir)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char **names = NULL;
    size_t n = 0;

    if (fs_list(&a, dir, &names, &n, &e)) {
        fprintf(stderr, "%s\n", e.log);
        arena_release(&a);
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        struct str bytes;

        if (fs_read(&a, fs_join(&a, dir, names[i]), INPUT_MAX, &bytes, &e)) {
            fprintf(stderr, "%s\n", e.log);
            arena_release(&a);
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)bytes.p, bytes.n);
    }
    printf("ok - %s: %zu inputs\n", dir, n);
    arena_release(&a);
    return n ? 0 : 1;
}

int main(int argc, char **argv)
{
    int bad = argc < 2;

    for (int i = 1; i < argc; i++)
        bad |= replay(argv[i]);
    return bad;
}
