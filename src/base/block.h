/* Memory for what comes and goes thousands of times a second: blocks of a few sizes, of which each
 * thread keeps some. Under AddressSanitizer it is plain malloc and free. */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H
#include <stddef.h>

enum { BLOCK_LEAST = 1024, BLOCK_MOST = 16 * 1024 };

/* At least *n bytes, never NULL, not cleared; *n becomes how many they are. Larger than BLOCK_MOST:
 * as many as asked. */
void *block_take(size_t *n);
void block_give(void *p, size_t n); /* n as block_take left it; from any thread */
/* One thing of n bytes, zeroed; block_drop with the same n ends it. NULL may be dropped. */
void *block_zalloc(size_t n);
void block_drop(void *p, size_t n);

#endif
