/* A thread of `serve` that looks every few seconds whether background work is due, whether
 * `tongban tune` has run beside it, and whether an employee must be called back. */
#ifndef CLI_CARETAKER_H
#define CLI_CARETAKER_H
#include "domain/talk.h"

struct caretaker;
/* embed: embeddings are made in the background. */
struct caretaker *caretaker_start(const struct services *at, bool embed);
void caretaker_stop(struct caretaker *c); /* NULL is allowed */

#endif
