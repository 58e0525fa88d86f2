#include "cli/meaning.h"

#include "base/fs.h"
#include "base/log.h"
#include "knowledge/embed.h"
#include "knowledge/search.h"

#include <string.h>

_Static_assert((int)INJECT_DIM == (int)EMBED_DIM, "one model for both");

static bool vector(void *self, struct str text, int8_t out[INJECT_DIM])
{
    struct embedding v;
    struct tb_err e = TB_ERR_INIT;

    if (embed_run(self, &text, 1, true, SEARCH_QUESTION_TOKENS, &v, &e))
        return false;
    memcpy(out, v.v, sizeof(v.v));
    return true;
}

bool meaning_open(struct arena *a, struct inject_meaning *out)
{
    const char *cache = fs_cache_dir(a);
    struct tb_err e = TB_ERR_INIT;
    struct embedder *m = NULL;

    *out = (struct inject_meaning){ .vector = vector };
    if (!cache || !embed_available(cache) || embed_open(cache, 1, &m, &e)) {
        if (e.code)
            log_line(LOG_WARN, "eval_guard", "%s", e.log);
        return false;
    }
    out->self = m;
    out->model = embed_model_name(m);
    return true;
}

void meaning_close(struct inject_meaning *m)
{
    embed_close(m->self);
    m->self = NULL;
}
