/* models.yaml as the server reads it: the operator's own engines, the names under which callers
 * know them, who goes first, and the chat models that the embedded engine may run. The file itself
 * says what its fields mean. */
#ifndef MODEL_CATALOGUE_H
#define MODEL_CATALOGUE_H
#include "base/arena.h"
#include "base/err.h"
#include "domain/personal.h"
#include "model/engines.h"
#include "model/line.h"

enum engine_kind {
    ENGINE_OPENAI,
    ENGINE_VLLM,
    ENGINE_SGLANG,
    ENGINE_MINDIE,
    ENGINE_LLAMA,
    ENGINE_DEEPSEEK,
    ENGINE_KINDS
};
enum { HOURS_MAX = 4 };

struct hours { /* of the day, city time; n 0: always */
    struct {
        int from, until; /* minutes since midnight; until <= from goes over midnight */
    } of[HOURS_MAX];
    size_t n;
};
bool hours_hold(const struct hours *h, int64_t now_ms);
/* ms until they next hold; 0: now. */
int64_t hours_until_ms(const struct hours *h, int64_t now_ms);

struct str_list {
    struct str *items;
    size_t n;
};
struct catalogue_name {
    struct str name, as; /* as callers name a model, and as the engine does */
};
struct catalogue_engine {
    struct str name, url, key; /* key: from the environment variable key_env; "" for none */
    struct str chip, weights;
    enum engine_kind kind;
    enum engine_role role;
    struct catalogue_name *models; /* the first is its own; "" when the file names none */
    size_t model_n;
    int thinks_first; /* 1: its first words are reasoning, the opening tag may be missing; -1: as
                       * the profile of its model says */
    bool llama;       /* llama-server: understands grammar */
    bool trusted;     /* may read personal data */
    enum personal personal; /* what it does with them; allow only on this machine */
    struct str personal_reason;
    bool drain;      /* gets no new calls */
    int64_t slots;   /* answers at once; 0: as many as come */
    int64_t context; /* 0: unknown */
    int64_t canary;  /* per cent of its model's calls; 0: it is no canary */
    int64_t first_word_ms, total_ms;
    int64_t prompt_price, cached_price, answer_price; /* millionths of a yuan for 1,000 tokens */
    struct hours hours;
};
struct catalogue_rule { /* all that is given must hold */
    struct str_list tasks, departments, languages;
    int64_t prompt_from, prompt_to; /* tokens; 0: no bound */
    int sensitive;                  /* 1 only, 0 not, -1 both */
    struct hours hours;
    struct str_list to; /* models or engines, the better first */
};
struct catalogue_route {
    struct str name;
    struct catalogue_rule *rules; /* the first that holds */
    size_t rule_n;
};
struct catalogue_alias {
    struct str name, to;
};
struct catalogue_profile {     /* what is known of a family of models */
    struct str_list match;     /* parts of model names, small letters */
    double temperature, top_p; /* advice; < 0: none */
    bool thinks_first;
    int64_t context;
};
struct catalogue_model {
    struct str name, file; /* file: path below <cache>/models/ */
    int64_t size;
};
struct catalogue {
    struct catalogue_engine *engines; /* in order */
    size_t engine_n;
    struct catalogue_model *models; /* role chat, in order */
    size_t model_n;
    struct catalogue_route *routes;
    size_t route_n;
    struct catalogue_alias *aliases;
    size_t alias_n;
    struct catalogue_profile *profiles;
    size_t profile_n;
    struct line_class classes[PRIORITY_COUNT];
    enum personal personal; /* of the embedded engine */
    struct str personal_reason;
};

/* TB_INVALID with file and line when a field is unknown, missing or wrong. All in a. */
enum tb_code catalogue_load(struct arena *a, const char *path, struct catalogue *out,
                            struct tb_err *e) MUST_USE;
/* Without a file: no engines, the shares that the file would have by default. */
void catalogue_empty(struct catalogue *out);
/* The profile of a model's family, NULL for an unknown one. */
const struct catalogue_profile *catalogue_profile(const struct catalogue *c, struct str model);
bool url_is_near(struct str url); /* on this machine: trusted unless the file says otherwise */
const char *engine_kind_name(enum engine_kind k);

#endif
