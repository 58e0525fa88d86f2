/* An inverted index over short texts, immutable, one block of bytes that is the same in memory and
 * in the snapshot file. Terms are neighbouring pairs of Han characters, single Han characters that
 * stand alone, and Latin words or numbers; scores are BM25 in fixed point, so a pruned search gives
 * exactly what an exhaustive one gives. Bytes from outside are safe to open: whatever they say, no
 * read leaves the block. A file made on a machine of other byte order is refused.
 */
#ifndef KNOWLEDGE_INDEX_H
#define KNOWLEDGE_INDEX_H
#include "base/err.h"
#include "text/normal.h"

enum { INDEX_BLOCK = 128, INDEX_WINDOW = 4096, INDEX_TERMS_MAX = 512, INDEX_VERSION = 1 };

struct index_doc {
    int64_t id;               /* the caller's: a passage row */
    uint32_t group;           /* index into groups */
    uint32_t text_at, text_n; /* in chars */
    uint32_t head_at, head_n;
    uint32_t norm; /* class of length, 0..255 */
};
struct index_group { /* a version of a document */
    int64_t id, document_id;
    uint64_t stamp; /* the caller's: changes when its texts do */
    uint32_t title_at, title_n;
    uint32_t first, docs; /* its documents stand together */
};
struct index_term {
    uint32_t df;
    uint32_t at; /* first block; of a term with df == 1, the document itself */
    uint32_t tf; /* of a term with df == 1 */
};
struct index_block {
    uint32_t last; /* the last document in it */
    uint32_t at;   /* bytes into data */
    uint8_t n, doc_bits, tf_bits;
    uint8_t most; /* the largest tf/(tf+K) in it, of 255, rounded up */
};
struct index_single { /* in how many documents a Han character stands */
    uint32_t c, df;
};
struct index_head {
    char magic[8];
    uint32_t version, docs, groups, terms, blocks, chars, singles, pad;
    uint64_t data;                                             /* bytes */
    uint64_t docs_at, groups_at, keys_at, terms_at, blocks_at; /* byte offsets */
    uint64_t chars_at, singles_at, data_at, total;
    uint64_t check; /* FNV-1a of the header with this field 0 */
};
struct index {
    const struct index_head *head;
    const struct index_doc *docs;
    const struct index_group *groups;
    const uint32_t *keys; /* ascending */
    const struct index_term *terms;
    const struct index_block *blocks;
    const uint16_t *chars;
    const struct index_single *singles; /* ascending */
    const uint8_t *data;
};

/* Views bytes (8-aligned, living as long as out). TB_CORRUPT when they are no index. */
enum tb_code index_view(struct str bytes, struct index *out, struct tb_err *e) MUST_USE;
struct units index_text(const struct index *x, uint32_t doc);
struct units index_heading(const struct index *x, uint32_t doc);
struct units index_title(const struct index *x, uint32_t group);
/* NULL when the term does not occur. */
const struct index_term *index_find(const struct index *x, uint32_t key);
uint32_t index_df(const struct index *x, uint32_t key); /* documents with the term; 0: none */
uint32_t index_single_df(const struct index *x, uint16_t c);

/* Terms of a text, repeated as they occur: at most u.n written to out. */
size_t index_keys(struct units u, uint32_t *out);
static inline uint32_t index_pair(uint16_t a, uint16_t b)
{
    return (uint32_t)a << 16 | b;
}

struct index_builder;
struct index_builder *index_builder_new(void);
void index_builder_free(struct index_builder *b);
/* Documents that follow belong to this group. */
void index_builder_group(struct index_builder *b, int64_t id, int64_t document_id, uint64_t stamp,
                         struct str title);
void index_builder_add(struct index_builder *b, int64_t id, struct str heading, struct str text);
/* The bytes of the index (tb_alloc'ed, the caller's); the builder is freed. TB_TOO_LARGE beyond
 * 2^32 characters. */
enum tb_code index_builder_end(struct index_builder *b, struct str *out, struct tb_err *e) MUST_USE;

/* What search is asked: terms with weights (idf included), and which documents may be found. */
struct index_want {
    uint32_t key;
    float weight;
};
struct index_state {     /* per document, the caller's */
    int32_t from, to;    /* days, both included */
    uint8_t live, level; /* INDEX_PUBLIC …; above INDEX_INTERNAL: sensitive, of that owner */
};
enum { INDEX_PUBLIC, INDEX_INTERNAL, INDEX_OWNERS = 256 };
enum index_mode { INDEX_IN_FORCE, INDEX_ANY, INDEX_OUT_OF_FORCE };
struct index_filter {
    const struct index_state *state; /* NULL: every document may be found */
    int32_t day;
    enum index_mode mode;
    bool internal_too;
    const bool *owners; /* INDEX_OWNERS of them: whose sensitive ones too; NULL: nobody's */
};
struct index_hit {
    uint32_t score; /* INDEX_ONE is 1.0 */
    uint32_t part;  /* which index, where several are searched */
    uint32_t doc;
};
enum { INDEX_ONE = 65536 };
/* The best k by score, then lower part, then lower doc. top holds *n hits of earlier parts and is
 * kept as a heap between calls; call index_top_sort once at the end. Only scores above floor. */
struct index_top {
    struct index_hit *v;
    size_t n, k;
    uint32_t floor;
};
void index_search(const struct index *x, uint32_t part, const struct index_want *want, size_t n,
                  const struct index_filter *f, struct index_top *top);
void index_top_sort(struct index_top *top);
/* The same by brute force, for tests and for one document (rescoring). */
uint32_t index_score(const struct index *x, uint32_t doc, const struct index_want *want, size_t n);
bool index_allowed(const struct index_filter *f, uint32_t doc);

#endif
