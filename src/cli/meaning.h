/* Sentence embeddings for the guard against injection, from the model that search uses. */
#ifndef CLI_MEANING_H
#define CLI_MEANING_H
#include "guard/inject.h"

/* Opens the model that set-up has brought; false: it is not there. Who opens closes. */
bool meaning_open(struct arena *a, struct inject_meaning *out);
void meaning_close(struct inject_meaning *m);

#endif
