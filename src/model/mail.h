/* One mail to one address, by SMTP (RFC 5321, message RFC 5322 and 2047) through the rule of
 * everything that leaves (egress.h). Blocks. */
#ifndef MODEL_MAIL_H
#define MODEL_MAIL_H
#include "base/arena.h"
#include "base/world.h"
#include "model/egress.h"

struct mail {
    const struct egress *egress; /* egress_allow_mail */
    const char *url;             /* smtp://host:port, smtps://host */
    const char *user, *password; /* NULL: the server asks for none */
    const char *ca;              /* file of certificates trusted instead of the system's; NULL */
    bool plain;                  /* smtp without STARTTLS: only where the operator says so */
    const char *from, *to;
    struct str subject, text; /* UTF-8 */
    int64_t limit_ms;
};
/* An address that may stand in an envelope and a header: ASCII, one @, nothing that means something
 * there. */
bool mail_address_ok(struct str s);
/* The whole message as it goes over the wire. */
struct str mail_message(struct arena *a, const struct mail *m, const struct world *w);
/* TB_FORBIDDEN when the server is not allowed, TB_UPSTREAM when it does not take the mail. */
enum tb_code mail_send(struct arena *a, const struct mail *m, const struct world *w,
                       struct tb_err *e) MUST_USE;

#endif
