/* 大白话: dialect and everyday words of a question turned into, or joined by, the words that
 * official texts use, from rules/plain_words.yaml (an officer may edit it; every complaint names
 * file and line). */
#ifndef KNOWLEDGE_PLAIN_H
#define KNOWLEDGE_PLAIN_H
#include "base/arena.h"
#include "base/err.h"

struct plain; /* immutable after loading, so any thread may use it */

enum tb_code plain_load(const char *path, struct plain **out, struct tb_err *e) MUST_USE;
void plain_free(struct plain *p);
/* The question with dialect replaced; *added: official terms of what it says, blank between them,
 * "" if none. p NULL: the question itself. */
struct str plain_words(const struct plain *p, struct arena *a, struct str question,
                       struct str *added);

/* A matter that the question names outright (公交, 婚假): all its names, of which a clause that
 * answers bears one. Longest names first in the question; at most `room` are told; the rows live as
 * long as p. */
struct plain_matter {
    const struct str *names;
    size_t n;
};
size_t plain_matters(const struct plain *p, struct str question, struct plain_matter *out,
                     size_t room);

#endif
