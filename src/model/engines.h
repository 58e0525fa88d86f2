/* The city's engines as one pool: which engine a call goes to, who goes first when there are fewer
 * places than calls, and which engine rests because it failed. No network in here but the health
 * checks: the caller talks to the engine it was given. Thread-safe. */
#ifndef MODEL_ENGINES_H
#define MODEL_ENGINES_H
#include "base/arena.h"
#include "base/json.h"
#include "base/world.h"
#include "domain/call.h"
#include "domain/personal.h"
#include "model/egress.h"
#include "model/line.h"

struct engines;
struct supervisor;
enum engine_role { ENGINE_CHAT, ENGINE_EMBEDDING, ENGINE_RERANK, ENGINE_SPEECH };
enum { ENGINES_MAX = 64, ENGINES_PREFIX = 16 };

struct engines_want {
    enum engine_role role;
    struct str model; /* as the caller names it: a model, an alias, a route; "" the default */
    enum priority priority;
    struct str task, department; /* for routes; "" unknown */
    struct str language;         /* for routes: "zh", "en", "bo" …; "" unknown */
    int64_t prompt_tokens,
        answer_max; /* estimates: engines with too small a context are left out */
    bool sensitive; /* personal data were found: only engines marked trusted */
    bool personal;  /* they were found and are masked: no engine that refuses them */
    bool unmasked;  /* they stand there as written: only engines that allow that */
    uint64_t prefix[ENGINES_PREFIX]; /* digests of growing beginnings of the prompt, shortest first:
                                      * an engine that saw the longest of them last is preferred */
    size_t prefix_n;
    int64_t deadline_us; /* world_mono_us; 0: the class's own longest wait */
    uint64_t tried;      /* bit per engine index: not again */
};
struct engines_place { /* a copy: stays true whatever is reloaded meanwhile */
    int engine;        /* index, for `tried` */
    char name[128], url[512] /* up to and including /v1 */, key[256], model[128];
    bool thinks_first, llama, child;
    int64_t first_word_ms, total_ms; /* how long to wait for the first token, for the whole */
    int64_t context;                 /* tokens; 0 unknown */
    int64_t prompt_price, cached_price, answer_price; /* millionths of a yuan for 1,000 tokens */
    double temperature,
        top_p; /* advice of the model's maker, for callers who send none; < 0: none */
    const struct egress *egress; /* valid until engines_give */
    uint64_t generation;         /* of models.yaml it came from; private */
};
struct engines_ticket { /* the caller's; must stay where it is from take to give or leave */
    struct engines_want want;
    struct engines_place place;
    /* Called once when a ticket that waited gets its place (TB_OK) or is refused (TB_TIMEOUT past
     * its deadline; TB_BUSY shutting down, or no engine serves it any more), from any thread,
     * without locks held. */
    void (*ready)(struct engines_ticket *t, enum tb_code code);
    void *self;
    int64_t wait_us;       /* how long it stood in line, once placed */
    int position;          /* in its line when it began to wait, from 1 */
    int64_t retry_after_s; /* with TB_BUSY: a truthful guess, >= 1 */
    struct line_item line; /* private from here */
    struct engines_ticket *next;
    int64_t placed_us, charged_us;
    enum tb_code told;
    int state;
};

enum engines_answer { ENGINES_PLACED, ENGINES_WAITING, ENGINES_REFUSED };
/* ENGINES_REFUSED: TB_FORBIDDEN personal data, and no engine may read them; TB_NOT_FOUND no such
 * model (the sentence names those there are); TB_TOO_LARGE no engine has the context; TB_BUSY the
 * line is too long for the deadline or nothing is ready. */
enum engines_answer engines_take(struct engines *g, struct engines_ticket *t, struct tb_err *e);
/* A waiting ticket no longer wants. False: it was placed (or refused) meanwhile: `ready` has been
 * or is being called; a placed one must be given back. */
bool engines_leave(struct engines *g, struct engines_ticket *t);

struct engines_result {
    enum tb_code code; /* TB_OK, TB_UPSTREAM/TB_TIMEOUT (counts against the engine), TB_BUSY (it
                        * said 429/503: rests for retry_after), TB_CANCELLED, TB_INVALID (it refused
                        * the request: not its fault) */
    int64_t retry_after_ms;
    int64_t first_us, total_us; /* for the choice between engines and for the guess of waits */
    struct call_usage usage;
};
/* Every placed ticket exactly once. May place others (their `ready` runs on this thread). */
void engines_give(struct engines *g, struct engines_ticket *t, const struct engines_result *r);

struct engines_model { /* what GET /v1/models lists */
    struct str id, owner;
    enum engine_role role;
    int64_t context;
    bool ready;
};
size_t engines_models(struct engines *g, struct arena *a, struct engines_model **out);

struct engines_options {
    const char *models_yaml;  /* NULL: none */
    bool watch;               /* and read it again when it changes, within a second */
    const char *engine_url;   /* one more engine, first in order: URL[#MODEL], key from
                               * TONGBAN_ENGINE_KEY */
    struct supervisor *child; /* asked last; NULL: none. Must live longer */
    int child_slots;
    int64_t child_context;
    int64_t probe_ms; /* how often an engine that failed or is idle is looked at; 0: never */
    bool still;       /* no threads of its own: a test calls engines_tick */
    const struct world *world;
};
enum tb_code engines_open(const struct engines_options *o, struct engines **out,
                          struct tb_err *e) MUST_USE;
/* Refuses those who wait and those who come, with TB_BUSY. */
void engines_stop(struct engines *g);
void engines_free(struct engines *g); /* every ticket must have been given back */
/* Reads models.yaml again. With a mistake in it (TB_INVALID) nothing changes. Places stay. */
enum tb_code engines_reload(struct engines *g, struct tb_err *e) MUST_USE;
/* What the pool's own thread does twenty times a second while somebody waits, else once: those
 * whose time is over are refused, those for whom an engine has opened are placed. For tests. */
void engines_tick(struct engines *g);
/* Keeps new calls from an engine, or lets them come again; what runs is finished. It goes by the
 * name, whatever models.yaml says later, and an engine that the file itself drains stays drained.
 * TB_NOT_FOUND no engine of that name, TB_TOO_LARGE too many. */
enum tb_code engines_drain(struct engines *g, struct str name, bool on, struct tb_err *e) MUST_USE;
/* The names drained by hand, a line each, as they will be after engines_drain(name, on): to be kept
 * between runs; engines_drain_again takes them at the start. */
struct str engines_drained(struct engines *g, struct arena *a, struct str name, bool on);
void engines_drain_again(struct engines *g, struct str names);
bool engines_ready(struct engines *g); /* some chat engine can take a call now */

enum engine_stage { ENGINE_ABSENT, ENGINE_STARTING, ENGINE_READY, ENGINE_FAILED };
struct engine_state {
    struct str name, model, url;
    enum engine_role role;
    enum engine_stage state;
    struct str message; /* Chinese: what it means and what to do */
    int running, restarts;
};
size_t engines_states(struct engines *g, struct arena *a, struct engine_state **out);
/* For the page: {"engines":[…],"classes":[…],"generation":…,"mistake":"…"}, keys into the object
 * that is open. */
void engines_json(struct engines *g, struct json *j);
/* What the engines of a role do with personal data: a bit for each way (enum personal) that one of
 * them has. 0: there is no engine. */
unsigned engines_personal(struct engines *g, enum engine_role role);
#endif
