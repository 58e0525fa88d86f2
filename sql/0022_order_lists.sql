-- The seat's lists and its board begin at once with a million orders (bench/hotline/orders.mjs): whether an order is
-- still open is a column, since six states in one condition lead a planner to gather and sort them all.
ALTER TABLE work_order ADD COLUMN is_open INTEGER GENERATED ALWAYS AS (CASE WHEN state IN
    ('intake', 'dispatched', 'returned', 'accepted', 'in_work', 'signing') THEN 1 ELSE 0 END) VIRTUAL;
DROP INDEX work_order_open;
DROP INDEX work_order_department_open;
DROP INDEX work_order_late;
CREATE INDEX work_order_open ON work_order(is_open, line, id);
CREATE INDEX work_order_late ON work_order(is_open, due_at, id);
CREATE INDEX work_order_class_open ON work_order(is_open, class1, line, id);
CREATE INDEX work_order_department_open ON work_order(is_open, department_id, line, id);
CREATE INDEX work_order_board ON work_order(is_open, department_id, state, due_at, supervised);
