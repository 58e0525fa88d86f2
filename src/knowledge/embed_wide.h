/* Functions marked WIDE use AVX-512 and are called only where embed_gemm_best() says so. */
#ifndef KNOWLEDGE_EMBED_WIDE_H
#define KNOWLEDGE_EMBED_WIDE_H

#if defined(__x86_64__)
#define EMBED_WIDE 1
#include <immintrin.h>
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")))
#else
#define EMBED_WIDE 0
#endif

#endif
