/* What can be called. */
#include "http/match.h"
#include "scenario/gateway/inside.h"

enum { MB = 1 << 20 };

const struct route gateway_routes[] = {
    { POST, "/v1/chat/completions", PERM_CALL, "model.chat", 32 * MB, ROUTE_RELAY, true, NULL,
      "chat with a model (OpenAI API), streamed or whole" },
    { POST, "/v1/completions", PERM_CALL, "model.complete", 8 * MB, ROUTE_RELAY, true, NULL,
      "continue a text (OpenAI API), streamed or whole" },
    { POST, "/v1/embeddings", PERM_CALL, "model.embed", 8 * MB, ROUTE_RELAY, true, NULL,
      "vectors of texts (OpenAI API)" },
    { POST, "/v1/rerank", PERM_CALL, "model.rerank", 8 * MB, ROUTE_RELAY, true, NULL,
      "order texts by what a query asks (Jina and Cohere shape)" },
    { POST, "/v1/audio/transcriptions", PERM_CALL, "model.transcribe", 32 * MB, ROUTE_RELAY, true,
      NULL, "speech to text (OpenAI API)" },
    { GET, "/v1/models", PERM_CALL, "model.list", 0, ROUTE_RELAY, false, NULL,
      "models that this key may call" },
    { .path = NULL },
};

enum { KINDS = sizeof(gateway_routes) / sizeof(gateway_routes[0]) - 1 };

/* In the order of the rows above. */
static const struct call_kind kinds[] = {
    { &gateway_routes[0], "chat", ENGINE_CHAT, BODY_JSON, "/chat/completions", true },
    { &gateway_routes[1], "completion", ENGINE_CHAT, BODY_JSON, "/completions", true },
    { &gateway_routes[2], "embedding", ENGINE_EMBEDDING, BODY_JSON, "/embeddings", false },
    { &gateway_routes[3], "rerank", ENGINE_RERANK, BODY_JSON, "/rerank", false },
    { &gateway_routes[4], "speech", ENGINE_SPEECH, BODY_FORM, "/audio/transcriptions", false },
    { &gateway_routes[5], "model", ENGINE_CHAT, BODY_NONE, NULL, false },
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == KINDS, "a row has no kind, or a kind no row");

const struct call_kind *kind_find(struct str method, struct str path, bool *path_known)
{
    enum method m = GET;
    bool known = method_parse(method, &m);

    *path_known = false;
    for (size_t i = 0; i < KINDS; i++) {
        if (!str_eqz(path, kinds[i].route->path))
            continue;
        *path_known = true;
        if (known && kinds[i].route->method == m)
            return &kinds[i];
    }
    return NULL;
}
