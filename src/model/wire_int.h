/* What the files of the wire share. wire.c hands calls to one of two ways: plain connections for
 * engines at http://number (wire_plain.c), curl for names and TLS (wire_curl.c). */
#ifndef MODEL_WIRE_INT_H
#define MODEL_WIRE_INT_H
#include "model/wire.h"
#include "model/wire_reply.h"

#include <curl/curl.h>

enum { WIRE_IDLE_EASY = 512, WIRE_READ_BYTES = 64 * 1024, WIRE_CONNECT_MS = 5000 };

struct wire_conn;
struct wire_call {
    struct wire *wire;
    struct wire_ask ask;
    CURL *easy; /* curl's way */
    struct curl_slist *headers;
    struct wire_conn *conn; /* the plain way */
    struct wire_head head;
    enum tb_code code; /* why it ended, or could not begin */
    struct tb_err err;
    struct wire_call *next; /* in over */
};

struct wire {
    struct wire_host host;
    const struct world *world;
    struct wire_call *over; /* to be told at the end of the turn */
    /* wire_curl.c */
    CURLM *multi;
    int64_t due_us;
    CURL *idle[WIRE_IDLE_EASY];
    size_t idle_n;
    /* wire_plain.c */
    struct wire_conn **by_fd;
    size_t fds;
    struct wire_conn *conns, *resting, *gone;
    int connecting, resting_n;
    int64_t swept_us;
    char *scratch;
};

void wire_over(struct wire_call *c); /* its done is called at the end of this turn */

void curl_way_open(struct wire *w);
void curl_way_close(struct wire *w);
void curl_way_send(struct wire_call *c);
void curl_way_cancel(struct wire_call *c);
void curl_way_ready(struct wire *w, int fd, unsigned events);
void curl_way_tick(struct wire *w);

/* False: not its kind of engine. */
bool plain_way_send(struct wire_call *c);
void plain_way_cancel(struct wire_call *c);
bool plain_way_ready(struct wire *w, int fd, unsigned events); /* false: not its socket */
void plain_way_tick(struct wire *w);
void plain_way_close(struct wire *w);
int64_t plain_way_due_us(const struct wire *w);

#endif
