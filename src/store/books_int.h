/* What the files of the books share; never included outside the store. */
#ifndef STORE_BOOKS_INT_H
#define STORE_BOOKS_INT_H
#include "store/books.h"
#include "store/db.h"

/* -- a record as bytes (books_record.c): what the journal holds and the queue carries -- */

enum { BOOKS_TEXTS = 13 };
struct books_page; /* memory of many nodes, freed with the last of them */
struct books_node {
    struct books_node *next;
    struct books_page *page;
    uint64_t seq;
    int64_t put_us;
    size_t n;
    char bytes[]; /* aligned to 8 */
};
struct books_form { /* a record about to become a node: views, and what had to be made, in mem */
    struct arena mem;
    int64_t fixed[40];
    struct str texts[BOOKS_TEXTS];
    size_t n;
};
/* r cleaned and, where keeping says so, sealed by key. arena_release(&f->mem) ends it. */
void books_form_of(const struct call_record *r, const unsigned char key[KEY_BYTES],
                   const struct world *w, struct books_form *f);
/* Its copy, on *page while that has room and else on a new one. The books hold one page. */
struct books_node *books_node_of(const struct books_form *f, struct books_page **page);
void books_page_let_go(struct books_page *p);                       /* NULL: nothing */
struct books_node *books_node_read(uint64_t seq, struct str bytes); /* NULL: makes no sense */
void books_node_free(struct books_node *x);                         /* any thread */
/* Views into the node; prompt and answer sealed for KEEPING_FULL. */
void books_node_view(const struct books_node *x, struct call_record *out);
struct str books_place(struct arena *a, const char *what, struct str request_id);

/* -- the journal (books_journal.c): two files by turns, so that the one that is full can be emptied
 * while the other is written. Under the books' lock unless it says otherwise. -- */

struct journal {
    char *path[2];
    int fd[2];
    int64_t bytes[2];
    uint64_t last[2]; /* the newest record in it */
    int active;
    int64_t failures;   /* writes that failed, in a row */
    struct buf held;    /* records that are not in a file yet … */
    uint64_t held_last; /* … up to this one */
};
enum { JOURNAL_TURN = 8 << 20, JOURNAL_HELD = 256 << 10, JOURNAL_HELD_MAX = 256 << 20 };

enum tb_code journal_open(const char *path, struct journal *j, struct tb_err *e) MUST_USE;
void journal_close(struct journal *j);
/* Gives every whole record above `after`, by number. A torn or changed one is passed over. */
enum tb_code journal_read(struct journal *j, uint64_t after, struct books_node **first,
                          uint64_t *last, struct tb_err *e) MUST_USE;
/* Holds a record until journal_flush writes all that are held at once. */
void journal_add(struct journal *j, const struct books_node *x);
bool journal_flush(struct journal *j); /* false: says itself what went wrong */
/* Everything up to seq is in the store: the file that may be emptied, or -1. Then, without the
 * lock, journal_empty; then journal_emptied. */
int journal_settled(struct journal *j, uint64_t seq);
void journal_empty(struct journal *j, int file);
void journal_emptied(struct journal *j, int file);

/* -- into the store (books_write.c) -- */

/* In one transaction: what the store has already is passed over. */
enum tb_code books_write(struct db *d, const struct books_node *first, size_t n,
                         struct tb_err *e) MUST_USE;
enum tb_code books_last(struct db *d, uint64_t *out, struct tb_err *e) MUST_USE;
/* Drops what was said in calls older than the setting books.keep_days says (default 180), some at a
 * time; *more: call again. */
enum tb_code books_sweep(struct db *d, const struct world *w, bool *more,
                         struct tb_err *e) MUST_USE;

#endif
