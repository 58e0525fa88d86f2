/* Tells systemd (sd_notify(3)) how the service is: "READY=1", "STOPPING=1". Does nothing outside
 * systemd. */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

void notify_say(const char *state);

#endif
