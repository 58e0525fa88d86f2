/* Calls to engines on somebody's event loop: nothing here waits. One wire belongs to one thread.
 * Connections are kept for the next call; every new one goes through egress.h. */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H
#include "base/world.h"
#include "model/egress.h"

struct wire;
struct wire_call;

enum { WIRE_IN = 1, WIRE_OUT = 2 };
struct wire_host { /* the loop */
    void *self;
    /* Tell wire_ready when fd is ready for these; 0: no longer. */
    void (*watch)(void *self, int fd, unsigned events);
};
struct wire *wire_new(const struct wire_host *host, const struct world *world);
void wire_free(struct wire *w); /* after its last call has ended */
void wire_ready(struct wire *w, int fd, unsigned events);
int64_t wire_due_us(const struct wire *w); /* world_mono_us at which wire_tick wants to be called;
                                            * INT64_MAX: never */
void wire_tick(struct wire *w);

struct wire_head { /* of the reply */
    int status;
    char media_type[96];
    int64_t retry_after_s; /* 0: not said */
};
struct wire_ask {
    const struct egress *egress;
    const char *url, *key;  /* key: "" for none */
    const char *media_type; /* of body */
    struct str body;        /* must stay until done; n == 0: GET */
    const char *accept, *request_id, *traceparent;
    void *self;
    /* Some of the body, after the head; not to call wire_cancel in here. A code other than TB_OK
     * breaks the call off: done is told that code. */
    enum tb_code (*bytes)(void *self, const struct wire_head *h, struct str bytes,
                          struct tb_err *e);
    /* Exactly once, unless cancelled. TB_OK: the reply is whole (whatever its status). TB_UPSTREAM
     * it broke off or could not be reached; TB_FORBIDDEN not an allowed address. Called from
     * wire_ready, wire_tick; never from wire_send. */
    void (*done)(void *self, const struct wire_head *h, enum tb_code code, const struct tb_err *e);
};
struct wire_call *wire_send(struct wire *w, const struct wire_ask *ask);
/* Closes its connection; done is not called. */
void wire_cancel(struct wire_call *c);

#endif
