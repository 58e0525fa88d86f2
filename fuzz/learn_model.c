/* A model file of whatever bytes: first as they are, then with the digest made right, so that what
 * stands behind it is looked at too. Taken or refused; what is taken judges. */
#include "crypto/sm3.h"
#include "learn/model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct str bytes)
{
    struct tb_err e = TB_ERR_INIT;
    struct arena a = ARENA_INIT;
    struct learn_model *m;
    struct learn_verdict v;
    struct str words[4];

    if (learn_read(bytes, &m, &e))
        return;
    learn_judge(m, STR("路灯不亮"), STR("请尽快修好"), &a, &v);
    if (v.best >= learn_label_count(m))
        abort();
    learn_words(m, STR("路灯不亮"), STR("请尽快修好"), v.best, v.second, &a, words, 4);
    for (uint32_t i = 0; i < learn_label_count(m); i++)
        if (!learn_label(m, i).p)
            abort();
    learn_free(m);
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = ARENA_INIT;
    char *bent;

    look(str_of((const char *)data, size));
    if (size > SM3_BYTES) {
        bent = arena_alloc(&a, size);
        memcpy(bent, data, size);
        sm3(str_of(bent, size - SM3_BYTES), (unsigned char *)bent + size - SM3_BYTES);
        look(str_of(bent, size));
    }
    arena_release(&a);
    return 0;
}
