/* A route is a row: permission, audit verb and size limit cannot be forgotten, and a test walks the
 * rows. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H
#include "domain/talk.h"
#include "http/reply.h"
#include "http/request.h"

enum route_kind {
    ROUTE_PLAIN,  /* body in memory, one reply */
    ROUTE_STREAM, /* replies through t->sink as text/event-stream; an error before the first event
                     is a plain error reply, after it an `error` event */
    ROUTE_UPLOAD, /* multipart/form-data parts go to temporary files */
    ROUTE_RELAY   /* answered by the relay (http/server.h) on its own loops; run is NULL */
};

struct route {
    enum method method;
    const char *path; /* "/api/documents/{id}"; "{rest...}" takes the remaining path */
    enum perm need;   /* PERM_NONE is refused at start-up */
    /* Verb for the trail, "policy.ask". WHEN_REFUSED("job.show"): a page reads it by itself and it
     * shows nothing personal, so only a refusal is worth a row. "": never a row; on a public route
     * nobody is known and no cookie is set either. What shows anything personal always has its row.
     */
    const char *audit;
    size_t body_max; /* bytes; 0: no body allowed */
    enum route_kind kind;
    bool slow; /* waits for engines or big work: runs on the slow lane of workers */
    enum tb_code (*run)(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e);
    const char *about; /* one English line, printed into docs and checked against openapi.yaml */
};

#define WHEN_REFUSED(verb) "!" verb

enum route_trail { TRAIL_NONE, TRAIL_REFUSALS, TRAIL_ALL };
enum route_trail route_trail(const struct route *r);
const char *route_verb(const struct route *r); /* "" where there is none */

/* Tables end with a row whose path is NULL. */
extern const struct route console_routes[]; /* scenario/console/routes.c */
extern const struct route policy_routes[];  /* scenario/policy/routes.c */
extern const struct route review_routes[];  /* scenario/review/routes.c */
extern const struct route
    knowledge_routes[]; /* scenario/knowledge/routes.c: documents, upload, search */

#endif
