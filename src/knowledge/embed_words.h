/* WordPiece as BERT's Chinese models want it: every Han character a token of its own, other text
 * folded to lower case without accents, split at punctuation, then cut into the longest pieces
 * that the vocabulary has. The vocabulary is vocab.txt: one token a line, its number the line's. */
#ifndef KNOWLEDGE_EMBED_WORDS_H
#define KNOWLEDGE_EMBED_WORDS_H
#include "base/err.h"

enum { EMBED_TOKENS = 512 }; /* the longest text the model reads, [CLS] and [SEP] included */

struct embed_words; /* read-only once open: any number of threads may use it */

/* TB_NOT_FOUND when the file is absent, TB_CORRUPT when it lacks the special tokens. */
enum tb_code embed_words_open(const char *path, struct embed_words **out,
                              struct tb_err *e) MUST_USE;
void embed_words_close(struct embed_words *w);
size_t embed_words_count(const struct embed_words *w); /* of tokens; their numbers are below it */
/* [CLS], the tokens of head and then of text (as one string), [SEP]; at most max (2..EMBED_TOKENS)
 * numbers, what does not fit is cut off. Returns how many were written, at least 2. */
size_t embed_words_cut(const struct embed_words *w, struct str head, struct str text, int32_t *ids,
                       size_t max);

#endif
