/* JSON lines on stderr (or a file): {"ts","level","event","msg"}. msg is key=value text; it never
 * holds content that people wrote. Thread-safe: a line is one write. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_open(int fd, enum log_level least); /* default: stderr, LOG_INFO */
bool log_level_parse(struct str s, enum log_level *out);
void log_line(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
