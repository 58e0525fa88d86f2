/* Sentence embeddings: bge-small-zh-v1.5, int8 ONNX. On processors with AVX-512 VNNI or AMX its
 * layers are run by embed_net; elsewhere by ONNX Runtime's C ABI, opened with dlopen. Own WordPiece
 * tokenizer over the model's vocab.txt. Nothing is loaded until embed_open. */
#ifndef KNOWLEDGE_EMBED_H
#define KNOWLEDGE_EMBED_H
#include "base/arena.h"
#include "base/err.h"

enum { EMBED_DIM = 512 };
struct embedder; /* thread-safe: any number of runs at once */

/* An int8 vector: value ~ v[i] * scale, unit length before rounding. What is stored and scanned. */
struct embedding {
    int8_t v[EMBED_DIM];
    float scale;
};

/* As it is kept, in the store and in caches: the numbers, then their scale. */
enum { EMBED_BLOB = EMBED_DIM + 4 };
void embed_pack(const struct embedding *v, char out[EMBED_BLOB]);
bool embed_unpack(struct str blob, struct embedding *out); /* false: of another size */

bool embed_available(const char *cache_dir); /* runtime and model files are there */
enum tb_code embed_open(const char *cache_dir, int threads, struct embedder **out,
                        struct tb_err *e) MUST_USE;
void embed_close(struct embedder *m);
const char *
embed_model_name(const struct embedder *m); /* stored beside each vector: name + digest head */
/* n texts to n embeddings; query adds the model's query instruction
 * (为这个句子生成表示以用于检索相关文章：). Texts are cut at max_tokens (0: 512). The same text has
 * the same vector whatever stands beside it. 16 texts and more are background work: done by
 * `threads` threads of their own at a lower priority. No element of a vector is -128. */
enum tb_code embed_run(struct embedder *m, const struct str *texts, size_t n, bool query,
                       int max_tokens, struct embedding *out, struct tb_err *e) MUST_USE;

/* Dot products of one query with n stored vectors (AVX2/AVX-512 VNNI where the CPU has it, plain C
 * else), the k best by score; returns how many were written. skip(i) may be NULL. */
struct embed_hit {
    uint32_t i;
    float score; /* cosine, -1..1 */
};
size_t embed_scan(const struct embedding *query, const int8_t *vectors, const float *scales,
                  size_t n,
                  const uint8_t *live, /* one byte per vector, 0: passed over; NULL: all */
                  struct embed_hit *best, size_t k);

#endif
