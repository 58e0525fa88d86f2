#include "scenario/policy/again.h"

#include "base/metrics.h"
#include "domain/services.h"
#include "knowledge/search.h"
#include "model/answer_cache.h"

#include <stdio.h>

struct again {
    struct answer_cache *cache;
    struct answer_key key;
    struct str documents[ANSWER_DOCUMENTS];
    size_t document_n;
};

/* Every engine that may answer: another set of engines has answers of its own. */
static struct str engines_of(struct talk *t)
{
    struct engine_state *all;
    size_t n = pool_states(t->at->pool, &t->mem, &all);
    struct buf b = BUF_INIT(64 * 1024);

    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%.*s\n%.*s\n%.*s\n", STR_FMT(all[i].name), STR_FMT(all[i].model),
                 STR_FMT(all[i].url));
    return arena_buf(&t->mem, &b);
}

static void take_documents(struct talk *t, struct again *k, const struct passage_list *l)
{
    for (size_t i = 0; i < l->n && k->document_n < ANSWER_DOCUMENTS; i++)
        k->documents[k->document_n++] =
            arena_printf(&t->mem, "%lld", (long long)l->items[i].document_id);
}

struct again *again_begin(struct talk *t, const struct again_ask *ask)
{
    struct answer_cache *cache = t->at->answers;
    struct arena *a = &t->mem;
    struct again *k;
    struct str version;
    struct answer_ask x;

    if (!cache || !t->at->search || ask->personal)
        return NULL;
    version = arena_printf(a, "%016llx", (unsigned long long)search_version(t->at->search));
    answer_cache_knowledge(cache, version);
    x = (struct answer_ask){
        .model = engines_of(t),
        .sampling = arena_printf(a, "policy\n%.*s\n%d", STR_FMT(ask->prompt), (int)t->as_of),
        .before = arena_printf(a, "%.*s\n%.*s", STR_FMT(ask->system), STR_FMT(ask->evidence)),
        .question = ask->question,
        .department = ask->internal ? t->actor.department : STR(""),
        .knowledge = version,
        .classification = ask->internal ? 1 : 0,
        .open = !ask->internal,
        .facts = STR_NONE,
    };
    k = ARENA_NEW(a, struct again);
    *k = (struct again){ .cache = cache };
    answer_cache_key(cache, &x, &k->key);
    take_documents(t, k, ask->clauses);
    return k->key.usable ? k : NULL;
}

/* "1\tengine\tmodel\n" and what was said. */
bool again_find(struct talk *t, const struct again *k, struct str *said, struct model_result *who)
{
    struct answer *kept =
        k ? answer_cache_find(k->cache, &k->key, world_now_ms(t->world), NULL) : NULL;
    struct str head, flag;

    if (!kept)
        return false;
    *said = arena_str(&t->mem, kept->body);
    answer_drop(kept);
    head = str_cut(said, STR("\n"));
    flag = str_cut(&head, STR("\t"));
    *who = (struct model_result){ .embedded = str_eqz(flag, "1") };
    who->engine = str_cut(&head, STR("\t"));
    who->model = head;
    metric_add("tongban_answers_again_total", "", 1);
    return true;
}

void again_keep(struct talk *t, const struct again *k, struct str said,
                const struct model_result *who)
{
    struct answer_value v = { .prompt_tokens = who->prompt_tokens,
                              .completion_tokens = who->answer_tokens };

    if (!k || said.n == 0 || who->truncated)
        return;
    v.body = arena_printf(&t->mem, "%d\t%.*s\t%.*s\n%.*s", who->embedded, STR_FMT(who->engine),
                          STR_FMT(who->model), STR_FMT(said));
    v.documents = k->documents;
    v.document_n = k->document_n;
    (void)answer_cache_put(k->cache, &k->key, world_now_ms(t->world), &v);
}

void again_forget(const struct talk *t)
{
    if (t->at->answers)
        answer_cache_clear(t->at->answers);
}
