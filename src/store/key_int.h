/* How a key's lists are kept and what makes sense in a key; never included outside the store. */
#ifndef STORE_KEY_INT_H
#define STORE_KEY_INT_H
#include "store/key.h"

struct str key_words_json(struct arena *a, const struct key *k);
enum tb_code key_words_read(struct arena *a, struct str json, struct key *k,
                            struct tb_err *e) MUST_USE;
enum tb_code key_looks_right(const struct key *k, struct tb_err *e) MUST_USE;

#endif
