/* The one allocator. Running out of memory is fatal (the process prints a line and aborts), so no
 * caller checks for NULL. Raw malloc/free are used nowhere else. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H
#include <stddef.h>

void *tb_alloc(size_t n);  /* never NULL; n == 0 gives a valid pointer */
void *tb_zalloc(size_t n); /* zeroed */
void *tb_realloc(void *p, size_t n);
void *tb_dup(const void *p, size_t n);
void tb_free(void *p);

#endif
