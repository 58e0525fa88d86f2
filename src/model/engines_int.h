/* What the files of the pool share. Every function here wants the lock held unless it says not. */
#ifndef MODEL_ENGINES_INT_H
#define MODEL_ENGINES_INT_H
#include "base/fs.h"
#include "model/affinity.h"
#include "model/breaker.h"
#include "model/catalogue.h"
#include "model/engines.h"
#include "model/supervisor.h"

#include <pthread.h>
#include <stdatomic.h>

enum { TIERS_MAX = 16, FIRSTS = 64, ENGINE_WHY = 384 };
#define NOT_READY "语言模型还没有准备好，请先看检索到的条款，或转人工"
#define EMBEDDED_NAME "本机内置模型"

enum ticket_state { TICKET_NEW, TICKET_WAITING, TICKET_PLACED, TICKET_DONE };

/* One reading of models.yaml; lives until the last place that came from it is given back. */
struct generation {
    uint64_t number;
    int refs;
    struct arena mem;
    struct catalogue all;
    struct egress *egress;
    const struct catalogue_engine *conf[ENGINES_MAX]; /* by index; NULL: none there */
    uint64_t order[ENGINES_MAX];                      /* indices as the file orders them */
    size_t n;
    struct generation *next;
};

/* What is known of an engine from one reading of the file to the next. */
struct engine {
    char name[128], url[512]; /* name "": this index is free */
    struct breaker breaker;
    struct affinity *affinity;
    int canary; /* hundredths of a call that it has to come */
    int64_t used_us, looked_us;
    int64_t since_ms;      /* wall clock: its state is what it is since then */
    enum engine_stage was; /* the state it had then */
    int64_t served, failed, prompt_tokens, cached_tokens, answer_tokens;
    int64_t first_us[FIRSTS]; /* the last ones, a ring */
    double speed;             /* tokens a second; 0: not measured */
    char why[ENGINE_WHY];     /* the last failure, for people */
};

struct engines {
    const struct world *world;
    char *models_yaml, *engine_url;
    bool watch, crowded; /* crowded: an engine of the file has no index yet */
    struct supervisor *child;
    int child_index; /* -1: none */
    int child_slots;
    int64_t child_context, probe_ms;
    pthread_t thread, health;
    bool threaded, watched; /* they run */
    atomic_bool stop;       /* nothing more is taken */
    pthread_mutex_t lock;   /* of what follows */
    pthread_cond_t wake;    /* the thread has something to do */
    bool over;              /* the thread is to end */
    struct engine of[ENGINES_MAX];
    struct line *line;
    struct generation *now; /* the newest; older ones behind it */
    struct supervisor_view child_view;
    struct fs_stamp stamp;          /* of models.yaml when it was last read */
    char drained[ENGINES_MAX][128]; /* names, by hand (engines_drain) */
    size_t drained_n;
    char mistake[ENGINE_WHY]; /* why the file as it is now was refused; "" */
};

/* Which engines would do for a want: the better first. */
struct wish {
    struct {
        uint64_t servers;
        struct str model; /* as callers name it; "" for an engine's own */
    } tiers[TIERS_MAX];
    size_t n;
    uint64_t all;
};
enum tb_code engines_wish(struct engines *g, const struct engines_want *w, struct wish *out,
                          struct tb_err *e);
void wish_take_out(struct wish *w, uint64_t servers);
void wish_first(struct wish *w, uint64_t servers); /* servers of one tier go before all others */
size_t engines_models_list(struct engines *g, struct arena *a, struct engines_model **out);
bool engine_serves(const struct engines *g, int i, enum engine_role role, struct str model);

/* The best engine with a free place, -1 for none. */
int engines_pick(struct engines *g, const struct engines_want *w, const struct wish *wish,
                 int64_t now);
/* Draws the canaries of a call: those not drawn leave the wish. */
void engines_canaries(struct engines *g, struct wish *wish);
/* How well a ticket that waits would fit server. */
int engines_fit(const struct line_item *it, int server, void *g);

/* Gets no new calls: models.yaml or somebody's hand says so. Engine i is in the file. */
bool engine_drains(const struct engines *g, int i);

/* Brings the line's view of engine i, or of all, up to now. */
void engine_look(struct engines *g, int i, int64_t now);
void engines_look(struct engines *g, int64_t now);

struct engines_ticket *ticket_of(struct line_item *it);
/* Those who are to be told, in order; told without the lock by tickets_tell. */
struct told {
    struct engines_ticket *first, **last;
};
void told_add(struct told *all, struct engines_ticket *t, enum tb_code code);
void tickets_tell(struct told *all); /* without the lock */
void engines_place(struct engines *g, struct engines_ticket *t, int i, const struct wish *wish,
                   int64_t now);
void engines_waited(struct engines_ticket *t, int64_t now); /* notes how long */
bool engines_anybody_waits(const struct engines *g);
/* Gives free places to those who wait. */
void engines_deal(struct engines *g, struct told *all, int64_t now);
/* Refuses those who waited too long, or all. */
void engines_expire(struct engines *g, struct told *all, int64_t now, bool everybody);

enum tb_code generation_read(struct engines *g, struct generation **out, struct tb_err *e);
/* Makes it the one in force; those who wait are looked at anew. */
void generation_enter(struct engines *g, struct generation *n, struct told *all, int64_t now);
void generation_drop(struct engines *g, uint64_t number); /* one place fewer came from it */
void generation_free(struct generation *n);

enum engine_stage engine_stage_of(const struct engines *g, int i, int64_t now);
void engines_gauges(struct engines *g);           /* takes the lock itself */
bool engines_rest(struct engines *g, int64_t ms); /* takes the lock itself; false: it is over */
void *engines_thread(void *g);
struct client;
void engines_look_round(struct engines *g, struct client *c); /* takes the lock itself */
void *engines_health(void *g);

#endif
