/* The OpenAI API for the city's applications: one address, one pool of engines. Event-driven: a few
 * loops, no thread per stream. The server hands over the connections whose requests go to a row of
 * gateway_routes; what a call goes through is the table of steps in call.c. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H
#include "guard/quota.h"
#include "guard/risk.h"
#include "guard/speech.h"
#include "http/server.h"
#include "model/answer_cache.h"
#include "model/engines.h"
#include "store/books.h"

struct gateway;
struct gateway_options { /* all outlive the gateway */
    struct engines *engines;
    struct quota *quota;
    struct books *books;
    struct risk *risk;          /* NULL: nothing is forbidden */
    struct answer_cache *cache; /* NULL: every call is asked of an engine */
    struct search *search; /* makes vectors of questions, so that the cache also knows them in other
                            * words; NULL: it does not */
    const struct world *world;
    const char *proxies; /* addresses whose X-Forwarded-For is believed; NULL: none */
    int loops;           /* 0: one for each core, at most 8 */
    int connections_max; /* 0: 20,000 */
    int64_t ping_ms;     /* 0: 15 s between comments on a silent stream */
};

extern const struct route gateway_routes[]; /* routes.c */

enum tb_code gateway_start(const struct gateway_options *o, struct gateway **out,
                           struct tb_err *e) MUST_USE;
struct relay gateway_relay(struct gateway *g);
/* Where requests go that are not the gateway's; before the first request. */
void gateway_server(struct gateway *g, struct server *s);
/* Ends calls as they end within drain_ms, then breaks them off with an error; its loops have left
 * when it returns. Before server_stop; what the server still hands over is turned away. */
void gateway_drain(struct gateway *g, int64_t drain_ms);
void gateway_free(struct gateway *g); /* after server_stop */

#endif
