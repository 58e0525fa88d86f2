#include "knowledge/quality.h"

double quality_worth(size_t place)
{
    return place < QUALITY_DEPTH ? 1.0 / (double)(place + 1) : 0;
}

void quality_add(struct quality *q, size_t place, double share)
{
    q->hit1 += place == 0 ? share : 0;
    q->hit10 += place < QUALITY_DEPTH ? share : 0;
    q->mrr10 += quality_worth(place) * share;
}

void quality_json(struct json *j, const struct quality *q)
{
    json_kreal(j, "hit@1", q->hit1);
    json_kreal(j, "hit@10", q->hit10);
    json_kreal(j, "mrr@10", q->mrr10);
}
