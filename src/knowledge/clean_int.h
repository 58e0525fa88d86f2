/* clean_cut.c: passages out of checked parts. */
#ifndef KNOWLEDGE_CLEAN_INT_H
#define KNOWLEDGE_CLEAN_INT_H
#include "knowledge/clean.h"

void clean_cut(struct arena *a, struct policy_text *p);

#endif
