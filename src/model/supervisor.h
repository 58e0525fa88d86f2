/* The embedded language model: llama-server as a child process on a free port of 127.0.0.1, with a
 * key of its own, no shell and no inherited files. It is started once its program and weights are
 * both there (whenever that is), is ready after a first tiny answer, is watched, and is started
 * again with a growing pause when it ends. It dies with this process. */
#ifndef MODEL_SUPERVISOR_H
#define MODEL_SUPERVISOR_H
#include "base/err.h"
#include "base/world.h"

enum { SUPERVISOR_MODELS = 16, SUPERVISOR_CONTEXT = 4096 /* tokens of prompt and answer */ };

struct supervisor_model {
    char path[512];
    char name[128];
    int64_t size; /* bytes of the whole file; 0: not known */
};
struct supervisor_options {
    const char *program, *log_path;
    struct supervisor_model models[SUPERVISOR_MODELS]; /* the first whose file is whole is run */
    size_t n;
    struct str warm; /* system text to have read before being ready; "" for none */
    int slots;       /* answers at once */
    int threads;     /* 0: one for each core */
    const struct world *world;
};

enum supervisor_stage {
    SUPERVISOR_ABSENT,   /* files not here yet */
    SUPERVISOR_STARTING, /* reading its weights */
    SUPERVISOR_READY,
    SUPERVISOR_FAILED /* ended; will be started again */
};
struct supervisor_view {
    enum supervisor_stage stage;
    char url[64]; /* http://127.0.0.1:PORT */
    char key[40];
    char model[128];
    int restarts;
    int pid; /* 0: none */
};

struct supervisor;

struct supervisor *supervisor_start(const struct supervisor_options *o);
void supervisor_look(struct supervisor *s, struct supervisor_view *out);
void supervisor_stop(struct supervisor *s); /* ends the child and waits for it */

#endif
