/* How well answers were: what every evaluation of a model prints. */
#ifndef LEARN_MEASURE_H
#define LEARN_MEASURE_H
#include "base/arena.h"

struct learn_answer {
    uint32_t truth, said; /* labels; said may be out of range: nothing was said */
    double sure;          /* 0..1 */
};
struct learn_measure {
    double accuracy;
    double macro_f1;          /* mean over the labels that occur as truth or as answer */
    double calibration_error; /* expected, in ten equal bins of `sure` */
    double coverage;          /* share of answers at least `certain` sure */
    double precision;         /* of those; 1 when there are none */
    double best_coverage;     /* the largest share, surest first, of which 95 % were right */
};
void learn_measure(const struct learn_answer *v, size_t n, size_t labels, double certain,
                   struct learn_measure *out);

#endif
