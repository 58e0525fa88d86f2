/* A thread of `serve` that looks every few seconds whether background work is due. */
#ifndef CLI_CARETAKER_H
#define CLI_CARETAKER_H
#include "domain/talk.h"

struct caretaker;
struct caretaker *caretaker_start(const struct services *at);
void caretaker_stop(struct caretaker *c); /* NULL is allowed */

#endif
