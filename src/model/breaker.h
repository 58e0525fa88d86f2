/* When an engine that fails is left alone, and when it is tried again. Pure: now is passed in,
 * microseconds.
 *
 * One failure makes it suspect: for a while it is asked only when no other can. Three in a row, or
 * half of the last twenty, open the breaker: it rests, twice as long each time it fails again, to a
 * cap. After the rest one call is let through; its success closes the breaker. An engine that says
 * it is full (429, 503) rests as long as it asks for and has not failed. */
#ifndef MODEL_BREAKER_H
#define MODEL_BREAKER_H
#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF };
struct breaker { /* all zero: closed */
    enum breaker_state state;
    int failures;  /* in a row */
    int doubled;   /* how often the rest was doubled */
    uint32_t last; /* results, newest in bit 0, 1: failed */
    int known;     /* how many of them there are */
    bool trial;    /* the one call of an open or half-open breaker is on its way */
    int64_t suspect_until_us, rest_until_us, full_until_us;
};

enum breaker_word {
    BREAKER_GO,      /* ask it */
    BREAKER_SUSPECT, /* ask it when no other can */
    BREAKER_TRIAL,   /* one call may try */
    BREAKER_REST     /* not now */
};
enum breaker_word breaker_says(const struct breaker *b, int64_t now);
/* When it may next be asked; 0: now. */
int64_t breaker_until(const struct breaker *b, int64_t now);
void breaker_asked(struct breaker *b, int64_t now); /* a call begins */
void breaker_ok(struct breaker *b);
void breaker_failed(struct breaker *b, int64_t now);
void breaker_full(struct breaker *b, int64_t rest_ms, int64_t now);
void breaker_unsaid(struct breaker *b); /* the call ended and says nothing of the engine */
/* It answered a look: its first rest is over early. One that answers looks and fails calls again
 * and again rests to the end. */
void breaker_alive(struct breaker *b);

#endif
