/* The small pieces by which texts are compared when there are many of them: pairs and triples of
 * neighbouring characters that stand in one phrase, and whole Latin words and numbers, alone and
 * with the character behind them (107国, a7县). Hashed to 32 bits; equal pieces have equal keys in
 * every run. */
#ifndef TEXT_GRAMS_H
#define TEXT_GRAMS_H
#include "text/normal.h"

struct gram {
    uint32_t key;
    uint32_t count; /* how often it stands in the text */
};
/* The pieces of the first max_units characters (normal_units form), by key, each once. The list
 * lives in a. */
size_t grams_of(struct arena *a, struct units u, size_t max_units, struct gram **out);

#endif
