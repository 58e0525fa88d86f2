/* One writer at a time to a database file within this process, in the order they came. SQLite's own
 * waiting is a sleep and a new try, in which a late comer wins by chance: with hundreds of writers
 * some never get in. Other processes are still kept out by SQLite's lock alone. Thread-safe. */
#ifndef STORE_TURN_H
#define STORE_TURN_H
#include <stdbool.h>
#include <stdint.h>

struct turn;

struct turn *turn_open(const char *path);        /* the same for all handles on a file */
void turn_close(struct turn *t);                 /* NULL is allowed, here and below */
bool turn_take(struct turn *t, int64_t most_ms); /* false: it did not come in time */
void turn_give(struct turn *t);
/* Whoever has the turn says whether another process kept it out; the next one asks. */
void turn_mark(struct turn *t, bool blocked);
bool turn_blocked(struct turn *t);

#endif
