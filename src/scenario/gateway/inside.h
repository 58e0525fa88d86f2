/* What the files of this folder share. A loop is one thread; everything below belongs to the loop
 * it hangs on, except what stands "under lock". */
#ifndef GATEWAY_INSIDE_H
#define GATEWAY_INSIDE_H
#include "base/chunk.h"
#include "base/json.h"
#include "base/json_edit.h"
#include "crypto/sm3.h"
#include "guard/inject.h"
#include "http/head.h"
#include "http/origin.h"
#include "model/affinity.h"
#include "model/answer_cache.h"
#include "model/mend.h"
#include "model/sse.h"
#include "model/think.h"
#include "model/wire.h"
#include "scenario/gateway/gateway.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    SCRATCH_BYTES = 64 * 1024,
    PIPELINED_MAX = 64 * 1024, /* of the next requests, while one is being answered */
    OUT_MAX = 4 << 20,         /* unsent bytes of a stream: who reads that slowly has left */
    WHOLE_MAX = 32 << 20,      /* of an answer that is no stream */
    KEPT_MAX = 256 * 1024,     /* of a prompt or an answer in the books */
    CHOICES_MAX = 64,          /* a bit each: begun and ended of struct call */
    LANES_MAX = 512,           /* runs of text in one answer: choices × fields × tool calls */
    TRIES_MAX = 3,
    STRANGERS_MAX = 50,  /* calls without a key in a second that get a row of the trail each */
    ANSWER_TOKENS = 8192 /* when the caller names no limit */
};

/* ---- what can be called ---- */

struct call_kind { /* what a row of gateway_routes means for the loops */
    const struct route *route;
    const char *scope; /* of a key (quota.h) */
    enum engine_role role;
    enum { BODY_NONE, BODY_JSON, BODY_FORM } body;
    const char *target; /* below the engine's /v1; NULL: answered here */
    bool chats;         /* choices in the answer, may stream */
};
/* *path_known: there is the path, with another method. */
const struct call_kind *kind_find(struct str method, struct str path, bool *path_known);

/* ---- one call ---- */

enum lane_place {                /* where in a choice its text stands */
                  LANE_TEXT,     /* text: the completions API */
                  LANE_DELTA,    /* delta.<key>: content, reasoning_content … */
                  LANE_FUNCTION, /* delta.function_call.arguments */
                  LANE_TOOL,     /* delta.tool_calls[tool].function.arguments */
                  LANE_LOOSE     /* <key>, wherever else: nothing is held back of it */
};
struct lane { /* one run of text on its way out */
    enum lane_place place;
    int64_t choice, tool;
    char key[32];
    struct speech_lane speech;
    struct mend mend;
};

struct thought { /* of one choice, reasoning.c */
    int64_t choice;
    struct think think;
};

struct ask { /* what the body says */
    struct str model;
    struct str written; /* of a form: the model's name as it now stands in the body */
    bool stream, wants_usage;
    int64_t choices, prompt_tokens, answer_tokens; /* the most there can be */
    int64_t answers;                               /* choices that come back */
    struct str media_type;                         /* of what goes to the engine */
    struct prefix prefix;                          /* of all that the model reads */
    size_t prompt_bytes;
};

enum call_state {
    CALL_ALIKE,  /* its question's vector is being made */
    CALL_LINE,   /* waits for a place at an engine */
    CALL_ENGINE, /* an engine is at work */
    CALL_OVER
};
struct call {
    struct guest *guest; /* NULL: the application has left */
    struct loop *loop;
    const struct call_kind *kind;
    enum call_state state;
    struct arena mem, asked; /* asked: the body; let go with the first word */
    char request_id[REQUEST_ID_MAX], trace_id[33], traceparent[56], address[48];
    struct str task;        /* x-tongban-task */
    enum priority priority; /* the key's, or lower as asked */
    bool keep_alive, old;   /* old: HTTP/1.0, no chunks */
    const struct quota_key *key;
    struct quota_hold hold;
    struct quota_left left;
    bool held, placed, settled, keeps_prompt;
    bool unbooked; /* one of a flood without a key: counted, not written */
    bool ending;   /* to fail with code as soon as its place has come */
    struct ask ask;
    struct json_edit *doc; /* the body as it goes to the engine; NULL for a form */
    struct buf body;
    struct speech speech;
    const struct inject *inject;    /* NULL: nothing is looked for */
    const struct risk_rules *rules; /* the reading that this call is judged by */
    struct lane *lanes;
    size_t lane_n, lane_cap;
    struct thought *thoughts;
    size_t thought_n;
    struct engines_ticket ticket;
    int tries;
    uint64_t tried;
    struct wire_call *wire;
    struct sse sse;
    struct buf whole;   /* the engine's answer when it is no stream */
    struct buf prelude; /* events before the first word: until then another engine may be tried */
    bool head_sent, said, finished, done; /* done: [DONE] was seen */
    uint64_t begun, ended;                /* bit per choice: something of it came, and its end */
    struct call_usage usage;
    bool used;     /* the engine said usage */
    int64_t words; /* events with text */
    int64_t begun_us, sent_us, first_us, moved_us, wait_us, engine_us;
    int64_t lined_us; /* since when it stands in line; 0: it does not */
    int blocked;
    struct str blocked_kind;
    struct str engine_word; /* error.code of an engine that did not accept the request */
    struct sm3 digest;
    struct buf prompt, answer;    /* for the books, as the key's keeping wants */
    struct answer_ask *cache_ask; /* of which cache is the key */
    bool vector_made;
    int8_t *vector;
    struct answer_key *cache;   /* NULL: neither answered from the cache nor kept */
    struct buf text;            /* of the answer, while cache is set */
    bool from_cache, cut_short; /* cut_short: by length, or no plain end */
    enum tb_code code;
    struct tb_err err;
    int status;
    struct call *prev, *next; /* of the loop */
    struct call *next_placed; /* under the loop's lock */
    enum tb_code placed_code; /* under the loop's lock */
};

/* call.c */
void call_begin(struct guest *g, const struct head *h, const struct call_kind *k, struct str body);
void call_end(struct call *c);  /* its reply is said: settled, given back, freed */
void call_left(struct call *c); /* its application closed the connection */
void call_placed(struct call *c, enum tb_code code);
void call_sweep(struct call *c, int64_t now_us);
void call_break(struct call *c, enum tb_code code, const struct tb_err *e);
/* settle.c: quota, trail and use; once for each call, before its last byte goes out. */
void call_settle(struct call *c);
struct loop_metrics;
void settle_metrics(struct loop_metrics *m); /* finds them */
/* ask.c */
enum tb_code ask_read(struct call *c, struct str body, struct str media_type,
                      struct tb_err *e) MUST_USE;
void ask_write(struct call *c); /* c->body, for the place in c->ticket */
/* injection.c: what other people wrote, in the order in which a model reads it. *out: the text, as
 * it may go on. TB_FORBIDDEN. */
enum tb_code injection_judge(struct call *c, struct str in, struct str *out,
                             struct tb_err *e) MUST_USE;
/* Data of others inside what an application says itself (data_part.h); *text as it may go on. */
enum tb_code injection_judge_data(struct call *c, struct str *text, struct tb_err *e) MUST_USE;
/* All that the messages' authors wrote, read as one: an attack in pieces. */
enum tb_code injection_judge_all(struct call *c, struct str texts, struct tb_err *e) MUST_USE;
/* form.c: the same of a multipart body */
enum tb_code form_read(struct call *c, struct str body, struct str media_type,
                       struct tb_err *e) MUST_USE;
void form_write(struct call *c); /* the model's own name, for the place in c->ticket */
/* answer.c: the engine's words on their way out */
enum tb_code answer_event(struct call *c, struct str data, struct tb_err *e) MUST_USE;
enum tb_code answer_whole(struct call *c, const struct wire_head *h, struct tb_err *e) MUST_USE;
struct lane *lane_of(struct call *c, enum lane_place place, int64_t choice, int64_t tool,
                     struct str key, struct tb_err *e); /* NULL: too many */
/* delta in, what may be said of it out (in mem). */
enum tb_code lane_say(struct call *c, struct lane *l, struct arena *mem, struct str delta, bool end,
                      struct str *out, struct tb_err *e) MUST_USE;
/* A text that is not held back, as a place for what is held could not be found again: judged with
 * what came before it in the lane, and said as it stands alone. */
enum tb_code lane_say_loose(struct call *c, struct lane *l, struct arena *mem, struct str delta,
                            struct str *out, struct tb_err *e) MUST_USE;
/* Of a text that stays as it is: is a forbidden word in it? */
enum tb_code lane_judge(struct call *c, struct str text, struct tb_err *e) MUST_USE;
void lanes_free(struct call *c);
bool answer_ended(const struct call *c); /* every choice has come, and its end */
/* words.c */
bool among(struct str key, const char *const *names); /* names end with NULL */
bool is_api_word(struct str s);                       /* needs no guard */
/* alike.c */
struct str alike_facts(struct arena *a, struct str question);
struct alike *alike_start(struct search *search); /* NULL: no thread */
void alike_stop(struct alike *x);                 /* after the last call; NULL: nothing */
void alike_ask(struct alike *x, struct call *c);  /* answers by loop_post */
/* reasoning.c: before the guard looks at it */
enum tb_code reasoning_apart(struct call *c, struct arena *mem, struct json_edit *d, bool whole,
                             bool *changed, struct tb_err *e) MUST_USE;
void thoughts_free(struct call *c);
/* cache.c */
void cache_key(struct call *c, struct str wish); /* wish: x-tongban-cache */
bool cache_answers(struct call *c);              /* true: it has ended, or waits for its vector */
bool cache_answers_alike(struct call *c);        /* its vector has come. True: it has ended */
void cache_said(struct call *c, const struct lane *l, struct str said);
void cache_keep(struct call *c);
/* usage.c */
void usage_read(struct call_usage *u, struct json_spot *usage);
int64_t usage_said(int64_t n); /* within what can be */
/* reply.c */
void reply_whole(struct call *c, int status, const char *media_type, struct str body);
void reply_error(struct call *c);
void reply_models(struct call *c); /* GET /v1/models; ends the call */
void reply_stream_head(struct call *c);
void reply_event(struct call *c, struct str event); /* whole lines, blank line included */
void reply_stream_end(struct call *c, bool clean);
/* A refusal before there is a call: the connection closes after it. */
void reply_refuse(struct guest *g, int status);
int64_t call_wait_us(const struct call *c, int64_t now_us); /* in line, until now */
int64_t call_overhead_us(const struct call *c, int64_t now_us);

/* ---- an application's connection ---- */

enum guest_state { GUEST_HEAD, GUEST_BODY, GUEST_CALL, GUEST_LAST /* close when all is sent */ };
struct guest {
    struct loop *loop;
    int fd;
    enum guest_state state;
    bool dead, trusted, dirty;
    uint32_t events;
    char address[48];
    struct buf in, out;
    size_t at, scanned, sent;
    const struct call_kind *kind;
    struct head *head; /* while the body comes */
    struct buf head_bytes, body;
    struct chunk chunk;
    int64_t body_left;
    struct call *call;
    struct quota_said said; /* its key */
    int64_t since_us, moved_us;
    int requests;
    struct guest *prev, *next, *next_dirty;
};
void guest_open(struct loop *l, int fd, const char *address, bool trusted, struct str bytes);
void guest_event(struct guest *g, uint32_t events);
void guest_say(struct guest *g, struct str bytes); /* goes out at the end of the turn */
void guest_done(struct guest *g, bool keep);       /* its reply is all said */
void guest_close(struct guest *g);
void guest_flush(struct guest *g);
void guest_sweep(struct guest *g, int64_t now_us);

/* ---- a loop ---- */

struct loop_ids {       /* randomness for ids, fetched a page at a time; for no secret */
    struct world world; /* first: its random takes from bytes, its mono_us is now_us, its now_ms
                         * goes on from the wall clock of this turn */
    unsigned char bytes[4096];
    size_t left;
    int64_t now_us;  /* when the loop last looked */
    int64_t wall_ms; /* at now_us = 0, as of this turn */
};
struct loop_metrics { /* found once */
    struct {
        const struct call_kind *kind;
        int status;
        struct metric *m;
    } requests[32];
    struct metric *seconds[PRIORITY_COUNT], *waits[PRIORITY_COUNT], *firsts[PRIORITY_COUNT];
    struct metric *overhead, *prompt, *cached, *answer, *masked, *blocked, *again;
};
struct loop {
    struct loop_metrics metrics;
    struct loop_ids ids;
    struct gateway *g;
    pthread_t thread;
    bool running;
    int epoll_fd, wake_fd;
    struct wire *wire;
    char *scratch;
    struct buf line; /* scratch for one reply */
    struct guest *guests, *dead, *dirty;
    struct call *calls;
    int64_t swept_us, checked_us;
    int64_t strangers_us; /* calls without a key since then: */
    int strangers, unbooked;
    bool unsynced; /* records are not in the journal yet: nothing may go out */
    pthread_mutex_t lock;
    struct relay_visit *arrivals; /* under lock */
    struct call *placed;          /* under lock */
};
struct gateway {
    struct gateway_options o;
    struct server *server;
    struct alike *alike; /* NULL: only the same words are the same question */
    struct loop *loops;
    int loop_n;
    atomic_uint turn;
    atomic_int guests, calls;
    atomic_int stopping; /* 1: drain, 2: break off, 3: leave */
};
void loop_post(struct call *c, enum tb_code code); /* any thread: the call's place has come */
int64_t loop_now(struct loop *l);
int64_t loop_about_now(const struct loop *l); /* as of the last look, in this turn */
void loop_sync(struct loop *l);               /* the books, before anything goes out */

/* judge.c: the person's own words, by the model of harmful requests. */
enum tb_code judge_asked(struct call *c, struct json_spot *root, struct tb_err *e) MUST_USE;

#endif
