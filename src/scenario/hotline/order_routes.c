#include "scenario/hotline/order.h"

/* A message of 20,000 characters, escaped, with room for the rest of the form. */
enum { SMALL = 16 * 1024, FORM = 192 * 1024, BULK = 64 * 1024, UPLOAD = 17 * 1024 * 1024 };

const struct route hotline_order_routes[] = {
    { POST, "/api/orders", PERM_PUBLIC, "order.intake", FORM, ROUTE_PLAIN, false, order_ask,
      "Ask the city for something: a work order with a receipt" },
    { POST, "/api/orders/check", PERM_PUBLIC, WHEN_REFUSED("order.check"), FORM, ROUTE_PLAIN, false,
      order_ask_check, "What a form says already and what is still to be asked; keeps nothing" },
    { GET, "/api/orders/mine", PERM_PUBLIC, "order.mine", 0, ROUTE_PLAIN, false, order_mine,
      "Orders of the own device" },
    { POST, "/api/orders/find", PERM_PUBLIC, "order.find", SMALL, ROUTE_PLAIN, false, order_find,
      "An order by its receipt and the telephone number it was given with" },
    { POST, "/api/orders/{receipt}/steps", PERM_PUBLIC, "order.own_step", SMALL, ROUTE_PLAIN, false,
      order_own_step, "Urge, withdraw or rate an order of one's own" },
    { GET, "/api/staff/orders", PERM_ORDER, "order.list", 0, ROUTE_PLAIN, false, order_list,
      "Orders, most pressing first: the desk's all, a department's own" },
    { POST, "/api/staff/orders", PERM_ORDER, "order.enter", FORM, ROUTE_PLAIN, false, order_enter,
      "Enter what came by telephone" },
    { GET, "/api/staff/orders/board", PERM_ORDER, "order.board", 0, ROUTE_PLAIN, false, order_board,
      "How many orders stand where, which are late" },
    { POST, "/api/staff/orders/bulk", PERM_ORDER, "order.bulk", BULK, ROUTE_PLAIN, false,
      order_bulk, "One step on many orders, each told by itself" },
    { GET, "/api/staff/orders/{receipt}", PERM_ORDER, "order.open", 0, ROUTE_PLAIN, false,
      order_open, "An order with its steps, for whom it concerns" },
    { POST, "/api/staff/orders/{receipt}/steps", PERM_ORDER, "order.step", FORM, ROUTE_PLAIN, false,
      order_step, "Take a step: dispatch, accept, return, reply, close and the others" },
    { POST, "/api/staff/orders/{receipt}/reply-check", PERM_ORDER,
      WHEN_REFUSED("order.reply_check"), FORM, ROUTE_PLAIN, false, order_check_reply,
      "What stands against a reply before it is sent to be signed; keeps nothing" },
    { POST, "/api/staff/orders/import", PERM_ORDER, "order.import", UPLOAD, ROUTE_UPLOAD, true,
      order_import, "Orders out of a CSV or XLSX file, told row by row" },
    { .path = NULL },
};
