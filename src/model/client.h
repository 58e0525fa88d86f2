/* One question to one engine over HTTP, blocking on the caller's thread, streamed to a sink. A
 * client keeps its connection for the next question; it serves one thread at a time. */
#ifndef MODEL_CLIENT_H
#define MODEL_CLIENT_H
#include "domain/talk.h"
#include "model/egress.h"
#include "model/pool.h"

#include <stdatomic.h>

struct client;

struct client_call {
    const char *url; /* …/chat/completions */
    const char *key; /* bearer token; "" for none */
    struct str body;
    bool thinks_first; /* the model's first word is already reasoning */
    const struct model_sink *sink;
    const struct talk *talk;       /* clock, and whether the person has left */
    int64_t first_word_us, end_us; /* how long until the first word and between words; when to end
                                    * (world_mono_us) */
    const atomic_bool *stop;       /* the program is shutting down */
    const struct egress *egress;
};
struct client_reply {
    bool spoken;    /* something has reached the sink */
    bool truncated; /* finish_reason length */
    char model[128];
    int prompt_tokens, cached_tokens, answer_tokens, reasoning_tokens; /* -1: not said */
    int64_t first_us;       /* from the call to the first word; -1 */
    int64_t retry_after_ms; /* with TB_BUSY: how long the engine wants to be left alone; 0 unsaid */
};

struct client *client_new(void);
void client_free(struct client *c);
/* TB_OK only when the engine said the answer ended. TB_CANCELLED within 100 ms after the person
 * left. TB_BUSY: the engine says it is overloaded, or this program is shutting down. */
enum tb_code client_ask(struct client *c, const struct client_call *call, struct client_reply *out,
                        struct tb_err *e) MUST_USE;
/* A small request whose reply is thrown away: GET, or POST when body is not empty. *status is the
 * HTTP status, 0 when there was no reply within limit_ms or *stop became true. */
void client_probe(struct client *c, const struct client_call *call, int64_t limit_ms, long *status);

#endif
