/* Makes a learn_model: TF-IDF of characters and pairs, a linear support-vector machine for each
 * label against the rest (L2 loss, L2 penalty, dual coordinate descent: Hsieh et al., ICML 2008),
 * the scores made probabilities by one temperature fitted on what each fold had not seen. Few
 * labelled examples go with many unlabelled ones, which say how common a run is, and with prior
 * ones, short descriptions of a label. Deterministic: the same input gives the same bytes. */
#ifndef LEARN_TRAIN_H
#define LEARN_TRAIN_H
#include "learn/model.h"

#define LEARN_UNLABELLED UINT32_MAX
struct learn_example {
    struct str title, text; /* borrowed while training */
    uint32_t label;         /* or LEARN_UNLABELLED */
    bool prior;             /* a description of its label, not a message: never held out */
    float weight;           /* of an error on it; 1 is usual */
    uint32_t group;         /* examples of one group (not 0) are held out together */
};
struct learn_options {
    unsigned run;    /* longest run of characters that counts */
    float title;     /* what the title by itself weighs beside the whole message */
    float cost;      /* of an error (C); higher follows the examples more closely */
    bool balanced;   /* errors on rare labels weigh more */
    unsigned folds;  /* held out in turn; fewer for many examples */
    size_t memory;   /* bytes for examples kept as numbers; more are read again each pass */
    int64_t version; /* kept in the model */
};
#define LEARN_OPTIONS                                                                              \
    {                                                                                              \
        .run = 2, .title = 1.0F, .cost = 1.0F, .balanced = true, .folds = 5,                       \
        .memory = (size_t)256 << 20, .version = 1                                                  \
    }

/* What the folds said about each example that was held out. */
struct learn_held {
    uint32_t best, second;
    float sure;
    bool known; /* it was held out */
};
/* TB_INVALID: no labelled example, a label out of range, an empty or doubled label. held may be
 * NULL, else n of them. */
enum tb_code learn_train(const struct learn_example *v, size_t n, const struct str *labels,
                         size_t label_n, const struct learn_options *o, struct learn_held *held,
                         struct learn_model **out, struct tb_err *e) MUST_USE;

/* A copy of m that has also met v: passive-aggressive steps (Crammer et al., JMLR 2006, PA-II) on
 * the runs and labels m has. Milliseconds; what it learns of new words waits for the next training.
 */
enum tb_code learn_adapt(const struct learn_model *m, const struct learn_example *v, size_t n,
                         int64_t version, struct learn_model **out, struct tb_err *e) MUST_USE;

#endif
