/* The server: accepts, limits, parses, finds the route row, asks the gate who it is, runs the
 * handler on a worker with its own talk, sends. Knows no business: main hands it routes and the
 * gate. One loop thread on epoll; handlers run on two lanes of workers (quick, slow) with bounded
 * queues: a full queue is 503 with Retry-After. A person who leaves a stream is noticed at once
 * (EPOLLRDHUP): t->sink->gone. HTTP/1.1 and 1.0 in the clear: TLS and HTTP/2 end at the proxy. See
 * README.md of this room.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H
#include "http/route.h"

struct gate {
    void *self;
    /* Fills t->actor (and may set cookies on r) before the handler, checks CSRF. TB_UNAUTHORISED
     * etc. to refuse. */
    enum tb_code (*who)(void *self, struct talk *t, const struct request *q, struct reply *r,
                        struct tb_err *e);
    /* After every request, refused ones too: the audit row and the metrics. code is what the
     * handler returned. */
    void (*after)(void *self, struct talk *t, const struct request *q, enum tb_code code,
                  const struct tb_err *e);
    /* Of a stream that is running: is what its person signed in with over? Asked by the loop a few
     * times a second: must not wait. NULL: never. A stream that is over ends with an error event.
     */
    bool (*over)(void *self, int64_t session_id);
    /* A database handle for a worker thread, made on its first use; closed when the worker ends. */
    enum tb_code (*open_db)(void *self, struct db **out, struct tb_err *e);
    void (*close_db)(void *self, struct db *d);
};

/* Who answers ROUTE_RELAY rows: a connection whose request goes to one is the relay's from then on,
 * with what has been read of it (the request's head first). Requests that are not the relay's it
 * gives back with server_adopt. */
struct relay_guest {
    const char *address; /* of the peer */
    bool trusted;        /* a proxy of ours */
    struct str bytes;    /* copied by who takes it */
};
/* A copy that may go to another thread: a link of a list, freed by who reads it. */
struct relay_visit {
    struct relay_visit *next;
    int fd;
    char address[48];
    bool trusted;
    struct buf bytes;
};
struct relay_visit *relay_visit_make(int fd, const struct relay_guest *g);
void relay_visit_free(struct relay_visit *v); /* not its connection */
/* Says 503 and closes: there is no room for one more. */
void connection_refuse(int fd);
struct relay {
    void *self;
    void (*take)(void *self, int fd, const struct relay_guest *g);
};

struct server;
struct server_options {
    const char *listen;                /* "127.0.0.1:8080" or "[::1]:8080" or "0.0.0.0:8080" */
    const struct route *const *tables; /* NULL-terminated */
    const char *static_dir;            /* web/dist; NULL: none */
    struct gate gate;
    struct relay relay; /* take NULL: ROUTE_RELAY rows are 503 */
    const struct services *at;
    const struct world *world;
    int quick_workers, slow_workers; /* 0: 4 and 32 */
    int queue_max;                   /* waiting in each lane before it is 503; 0: 2048 */
    int connections_max;             /* 0: 8192 */
    int per_address;                 /* of them, 0: 1024: an office, or an application server */
    int64_t head_timeout_ms; /* 0: 10 s to send a whole head, 30 s without progress of a body */
    const char *hosts;       /* allowed Host names, comma separated, no port; NULL: any */
    const char *proxies; /* addresses whose X-Forwarded-For and -Proto are believed; NULL: none */
    int64_t ping_ms;     /* 0: 15 s between comments on a silent stream */
};

enum tb_code server_start(const struct server_options *o, struct server **out,
                          struct tb_err *e) MUST_USE;
int server_port(const struct server *s); /* the real one when 0 was asked for */
/* Any thread. The connection is the server's again. */
void server_adopt(struct server *s, int fd, const struct relay_guest *g);
/* Stops accepting, lets running handlers end for at most drain_ms, then cancels their sinks. */
void server_stop(struct server *s, int64_t drain_ms);

#endif
