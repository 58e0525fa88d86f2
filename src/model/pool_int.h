/* What the two files of the pool share: its life, and one question asked of it. */
#ifndef MODEL_POOL_INT_H
#define MODEL_POOL_INT_H
#include "model/client.h"
#include "model/pool.h"
#include "model/supervisor.h"

#include <pthread.h>

enum { POOL_IDLE_CLIENTS = 8 /* connections kept for the next question */ };

struct pool {
    struct arena mem;
    const struct world *world;
    struct engines *engines;
    struct supervisor *child; /* NULL: none */
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows */
    struct client *idle[POOL_IDLE_CLIENTS];
    size_t idle_n;
};

#endif
