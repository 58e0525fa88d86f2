/* Inside training: the runs worth a row, the examples as numbers, the machine that is fitted. */
#ifndef LEARN_TRAIN_INT_H
#define LEARN_TRAIN_INT_H
#include "learn/model_int.h"
#include "learn/train.h"

struct learn_rows { /* owned */
    struct learn_slot *slots;
    float *idf;
    size_t rows, slot_n;
};
/* Runs that stand in enough examples; descriptions do not count. */
void learn_rows_of(const struct learn_example *v, size_t n, unsigned run, struct learn_rows *out);
void learn_rows_release(struct learn_rows *r);

struct learn_fit {
    const struct learn_example *v;
    size_t n, labels, rows;
    const struct learn_options *o;
    struct learn_table table;
    struct arena mem;          /* of the vectors that are kept */
    struct learn_vector *kept; /* n; .v NULL: made again each time */
};
void learn_fit_begin(struct learn_fit *f);
void learn_fit_end(struct learn_fit *f);
/* In scratch unless it is kept. */
struct learn_vector learn_fit_vector(const struct learn_fit *f, size_t i, struct arena *scratch);
/* weights: rows x labels, from zero; fold of each example, those of `without` are left out. */
void learn_fit_run(const struct learn_fit *f, const uint8_t *fold, int without, float *weights);

/* The temperature at which the held-out answers were most likely. */
double learn_sharpness(const struct learn_fit *f, const uint8_t *fold, const float *z);
/* Fills held from z; returns the least `sure` from which 95 of 100 were right. */
double learn_hold(const struct learn_fit *f, const uint8_t *fold, float *z, double sharpness,
                  struct learn_held *held);

enum { LEARN_NOT_HELD = 255, LEARN_SHARPNESS = 3 }; /* sharpness: where nothing was held out */

#endif
