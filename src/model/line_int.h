/* What the files of the line share: who waits, who goes next (line.c), how long it takes
 * (line_wait.c). */
#ifndef MODEL_LINE_INT_H
#define MODEL_LINE_INT_H
#include "model/line.h"

enum { LINE_GUESS_US = 8000000 /* of a service nobody has measured yet */ };

/* Those of one class for whom the same engines would do, in the order they came. */
struct line_queue {
    uint64_t servers;
    enum priority priority;
    struct line_item *first, *last;
    size_t n;
};
struct line_service { /* how long a place is held, measured */
    int64_t us;
    int known;
};
struct line_server {
    int places, running;
    bool open;
    int64_t opens_us, at_us;
    double age_us; /* for how long something has run here */
    struct line_service service;
    struct {
        int running;
        struct line_service service;
        double credit;        /* place-microseconds of its guaranteed share that it has not had */
        double use, long_use; /* places it has held lately, and for eight times as long */
    } of[PRIORITY_COUNT];
};
struct line {
    struct line_class classes[PRIORITY_COUNT];
    struct line_server servers[LINE_SERVERS];
    struct line_queue *queues;
    size_t queue_n, queue_cap;
    size_t waiting[PRIORITY_COUNT];
};

/* Measured, of a class; PRIORITY_COUNT: of all. A guess before anything was. */
int64_t line_service_of(const struct line_server *s, enum priority p);
/* Brings a server's figures up to now: shares grow with time, use follows what runs. */
void line_catch_up(const struct line *l, struct line_server *s, int64_t now);

#endif
