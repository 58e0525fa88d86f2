/* What the files of this room share and nobody else may include: the server, a connection (the
 * loop's own) and an exchange (one request in hand, which outlives its connection when the person
 * leaves).
 *
 * Who owns what. The loop thread owns every struct conn and all of an exchange except while a
 * worker has it (from lane_put until it comes back through the inbox). During that time the worker
 * owns it; the loop then touches only `gone` (atomic), `conn` (its own field) and `queue` (under
 * `lock`). */
#ifndef HTTP_INSIDE_H
#define HTTP_INSIDE_H
#include "base/chunk.h"
#include "http/head.h"
#include "http/lane.h"
#include "http/match.h"
#include "http/multipart.h"
#include "http/origin.h"
#include "http/server.h"
#include "http/site.h"
#include "http/target.h"

#include <pthread.h>
#include <stdatomic.h>

struct request_more {
    struct head head;
    struct target_pairs query;
    struct match match;
};

enum stage {
    STAGE_GATE,  /* an upload's head has come: who is it, before a byte of the body is read */
    STAGE_PART,  /* a piece of an upload */
    STAGE_RUN,   /* the body is whole */
    STAGE_REFUSE /* refused by the loop; the trail must still know */
};

struct exchange {
    struct server *server;
    struct conn *conn; /* NULL once the person has left */
    struct talk talk;
    struct request request;
    struct request_more more;
    struct reply reply;
    struct tb_err err;
    enum tb_code code;
    enum stage stage;
    bool head_only, keep_alive, https, admitted;
    bool working, body_done; /* the loop's: a worker has it; the body is whole */
    bool expects;            /* "100 Continue" is still due */
    int64_t begun_us, body_seen, body_left;
    struct chunk chunk;
    struct buf body;             /* of the request: whole, or the next piece of an upload */
    struct upload_reader *parts; /* uploads only */

    struct buf out;          /* the head of the reply; a stream: what is being sent */
    struct str site_body;    /* a static file's bytes … */
    struct site *site;       /* … and what holds them */
    int file_fd;             /* reply.file, -1: none */
    int64_t file_at, file_n; /* of it */
    size_t sent;             /* of out and then of the body */
    int64_t bytes;           /* sent in all, for the log */

    struct sink sink;
    atomic_bool gone;
    pthread_mutex_t lock;
    struct buf queue; /* events not yet taken by the loop, under lock */
    bool streaming;   /* the head of the stream is in queue; the worker's until it is done */
    int64_t session;  /* whose stream it is, under lock; 0: nobody who signed in */
    bool ended;       /* the loop saw the end of the stream */

    struct exchange *next;      /* in the inbox */
    bool queued, done;          /* both under the inbox's lock: it is there; the worker is done */
    struct exchange *next_work; /* in a lane */
};

enum conn_state { CONN_HEAD, CONN_BODY, CONN_WAIT, CONN_SEND, CONN_STREAM, CONN_LINGER, CONN_DEAD };

struct conn {
    struct server *server;
    int fd;
    enum conn_state state;
    uint32_t events; /* what epoll watches */
    bool half;       /* the other side has said all it will */
    bool trusted;    /* a proxy of ours */
    char address[48];
    struct buf in;
    size_t at, scanned; /* of in: taken; looked at for the end of a head */
    struct exchange *ex;
    int64_t since_us, moved_us; /* the state began; the last byte came or went */
    int requests;
    struct conn *prev, *next;
};

struct address_table; /* address.c */

struct server {
    struct server_options o;
    struct arena mem;
    struct matcher *matcher;
    struct site *site;
    int64_t site_looked_us;
    struct address_table *addresses;
    struct lane *quick, *slow;
    int listen_fd, epoll_fd, wake_fd, port;
    bool accept_paused;
    int64_t accept_again_us;
    pthread_t loop;
    struct conn *conns, *dead;
    int conn_count;
    char *scratch; /* 64 KiB to read into */
    pthread_mutex_t inbox_lock;
    struct exchange *inbox;
    struct relay_visit *adopted; /* under inbox_lock */
    atomic_int stopping;         /* 1: drain, 2: cancel, 3: the loop leaves */
    atomic_int exchanges;        /* in workers' hands */
    atomic_bool ended;           /* the loop has left */
};

enum { SCRATCH = 64 * 1024, PIECE = 256 * 1024, STREAM_MAX = 1024 * 1024 };

/* exchange.c */
struct exchange *exchange_make(struct server *s, struct conn *c);
void exchange_free(struct exchange *x);
/* The worker's side. */
void exchange_work(struct exchange *x, struct lane_thread *w);
/* Builds the reply out of code/err/reply; also used by the loop for what never reaches a worker. */
void exchange_compose(struct exchange *x);
void exchange_log(struct exchange *x);

/* stream.c */
void stream_open(struct exchange *x);
void stream_end(struct exchange *x);
/* Takes what is queued into x->out when that is empty. Called by the loop. */
void stream_take(struct exchange *x);
void stream_ping(struct exchange *x);
/* What its person signed in with is over: says so in a last event. */
bool stream_over(struct exchange *x);

/* reply.c */
struct reply_frame {
    int status, minor;
    int64_t body_n; /* -1: chunked, or until the end for HTTP/1.0 */
    bool keep_alive, https;
    const char *request_id;
};
void reply_head(struct buf *out, const struct reply *r, const struct reply_frame *f);
int64_t reply_retry_after(const struct reply *r);

/* upload.c */
enum tb_code upload_open(struct exchange *x, struct tb_err *e) MUST_USE;
enum tb_code upload_feed(struct exchange *x, struct str bytes, struct tb_err *e) MUST_USE;
enum tb_code upload_finish(struct exchange *x, struct tb_err *e) MUST_USE;

/* intake.c: reads a head into x. 0: go on with the body; below 0: the reply is ready (a page,
 * OPTIONS); above: the HTTP status to refuse with. */
int request_read(struct exchange *x, struct str bytes);
void request_name(struct exchange *x); /* its id and where it comes from; part of request_read */

/* conn.c: the loop's side */
struct conn *conn_open(struct server *s, int fd, const char *address, bool trusted);
void conn_said(struct conn *c, struct str bytes); /* as if it had sent them just now */
void conn_event(struct conn *c, uint32_t events);
void conn_inbox(struct exchange *x, bool done); /* a worker said something or is done */
void conn_sweep(struct server *s, int64_t now_us);
void conn_close(struct conn *c);
void conn_reap(struct server *s); /* frees what was closed in this turn */

/* server.c */
void server_post(struct exchange *x, bool done); /* any thread: wakes the loop for x */

/* address.c */
struct address_key {
    unsigned char b[16];
};
struct address_table *address_table_make(void);
void address_table_free(struct address_table *t);
bool address_take(struct address_table *t, const char *address, int most);
void address_give(struct address_table *t, const char *address);
enum tb_code address_listen(const char *listen, int *fd, int *port, struct tb_err *e) MUST_USE;

#endif
