/* Counters, gauges and histograms in the Prometheus text form. Names and label strings are literals
 * (few, bounded); labels as `code="200"`. Thread-safe. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H
#include "base/buf.h"

void metric_add(const char *name, const char *labels, double v);        /* counter */
void metric_set(const char *name, const char *labels, double v);        /* gauge */
void metric_seen(const char *name, const char *labels, double seconds); /* histogram of times */
double metric_get(const char *name, const char *labels); /* counter or gauge; 0 if never seen */
void metrics_text(struct buf *out);

#endif
