use expect_test::expect;

use super::{check, facts};

#[test]
fn tables_are_found_in_every_clause() {
    check(
        &expect![[r#"
            pg SELECT (SELECT max(x) FROM a) FROM b JOIN c ON c.i IN (SELECT i FROM d) LEFT JOIN e USING (i), f WHERE NOT EXISTS (SELECT FROM g) GROUP BY (SELECT 1 FROM h) HAVING (SELECT true FROM i) ORDER BY (SELECT 1 FROM j) LIMIT (SELECT 1 FROM k) OFFSET (SELECT 1 FROM l)
                -> Read SELECT, reads a b c d e f g h i j k l, rows, limit
            pg SELECT * FROM a WHERE x = ANY(SELECT y FROM b) OR x BETWEEN (SELECT 1 FROM c) AND (SELECT 2 FROM d)
                -> Read SELECT, reads a b c d, rows
            pg SELECT ARRAY(SELECT 1 FROM a), f((SELECT 1 FROM b)), CASE (SELECT 1 FROM c) WHEN 1 THEN (SELECT 1 FROM d) END
                -> Read SELECT, reads a b c d, rows
            pg SELECT sum(x) FILTER (WHERE y IN (SELECT y FROM b)) OVER (PARTITION BY (SELECT 1 FROM c)) FROM a
                -> Read SELECT, reads a b c, rows
            pg SELECT sum(x) OVER w FROM a WINDOW w AS (ORDER BY (SELECT 1 FROM b))
                -> Read SELECT, reads a b, rows
            pg SELECT * FROM ((a JOIN b ON true) JOIN (SELECT * FROM c) d ON true)
                -> Read SELECT, reads a b c, rows
            pg SELECT x[(SELECT 1 FROM a)], x[1:(SELECT 2 FROM b)] FROM c
                -> Read SELECT, reads a b c, rows
            pg SELECT * FROM a WHERE (x, y) IN ((1, (SELECT 1 FROM b)))
                -> Read SELECT, reads a b, rows
            pg VALUES ((SELECT 1 FROM a))
                -> Read VALUES, reads a, rows
            any SELECT * FROM App.Users AS u
                -> Read SELECT, reads app.users, rows
            pg SELECT * FROM "App"."Users", "odd ""name", Plain
                -> Read SELECT, reads App.Users odd "name plain, rows
            my SELECT * FROM `App`.`Users`
                -> Read SELECT, reads App.Users, rows
            my SELECT 1 FROM DUAL
                -> Read SELECT, rows
            lite SELECT * FROM [App].[Users], "x"
                -> Read SELECT, reads App.Users x, rows
        "#]],
        facts,
    );
}

#[test]
fn names_of_common_table_expressions_hide_tables_only_where_they_are_known() {
    check(
        &expect![[r#"
            pg WITH x AS (SELECT * FROM a) SELECT * FROM x
                -> Read SELECT, reads a, rows
            pg WITH x AS (SELECT * FROM x) SELECT * FROM x
                -> Read SELECT, reads x, rows
            lite WITH x AS (SELECT 1 UNION SELECT * FROM x) SELECT * FROM x
                -> Read SELECT, rows
            pg WITH RECURSIVE x AS (SELECT * FROM y), y AS (SELECT * FROM x) SELECT * FROM x
                -> Read SELECT, rows
            pg WITH x AS (SELECT * FROM y), y AS (SELECT 1) SELECT * FROM x, y
                -> Read SELECT, reads y, rows
            pg SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) s, x
                -> Read SELECT, reads x, rows
            pg WITH x AS (SELECT 1) SELECT * FROM (SELECT * FROM x) s, public.x
                -> Read SELECT, reads public.x, rows
            pg WITH X AS (SELECT 1) SELECT * FROM x, "X"
                -> Read SELECT, reads X, rows
            lite WITH X AS (SELECT 1) SELECT * FROM "X"
                -> Read SELECT, rows
            pg WITH x AS (SELECT 1) INSERT INTO x SELECT * FROM x
                -> Write INSERT, writes x
            pg WITH x AS (INSERT INTO a SELECT * FROM b RETURNING *) SELECT * FROM x, c
                -> Write SELECT, reads b c, writes a, rows
            any WITH x AS (SELECT * FROM a) SELECT * FROM x UNION SELECT * FROM x
                -> Read SELECT, reads a, rows
        "#]],
        facts,
    );
}

#[test]
fn table_functions_are_no_tables() {
    check(
        &expect![[r#"
            pg SELECT * FROM generate_series(1, 3) g, unnest(ARRAY[1]) u
                -> Read SELECT, rows
            pg SELECT * FROM t, jsonb_array_elements(t.a) WITH ORDINALITY AS e(v, n)
                -> Read SELECT, reads t, rows
            pg SELECT * FROM t, LATERAL unnest((SELECT x FROM a)) u
                -> Read SELECT, reads a t, rows
            pg SELECT * FROM generate_series(1, (SELECT max(x) FROM a))
                -> Read SELECT, reads a, rows
            lite SELECT * FROM t, json_each(t.a)
                -> Read SELECT, reads t, rows
            my SELECT * FROM t, JSON_TABLE(t.a, '$[*]' COLUMNS (b INT PATH '$')) j
                -> Read SELECT, reads t, rows
        "#]],
        facts,
    );
}

#[test]
fn written_tables_are_told_from_those_that_are_read() {
    check(
        &expect![[r#"
            any INSERT INTO t SELECT * FROM u
                -> Write INSERT, reads u, writes t
            any INSERT INTO t SELECT * FROM t
                -> Write INSERT, reads t, writes t
            pg INSERT INTO t AS x VALUES ((SELECT 1 FROM u)) ON CONFLICT DO NOTHING
                -> Write INSERT, reads u, writes t
            pg UPDATE t SET a = u.b FROM u JOIN v ON true WHERE t.i = u.i
                -> Write UPDATE, reads u v, writes t
            lite UPDATE t SET a = u.b FROM u WHERE t.i = u.i
                -> Write UPDATE, reads u, writes t
            any UPDATE t SET a = (SELECT max(x) FROM u) WHERE i IN (SELECT i FROM t)
                -> Write UPDATE, reads t u, writes t
            pg DELETE FROM t USING u, v WHERE t.i = u.i
                -> Write DELETE, reads u v, writes t
            pg DELETE FROM t AS x WHERE x.i IN (SELECT i FROM u) RETURNING (SELECT 1 FROM v)
                -> Write DELETE, reads u v, writes t, rows
            my UPDATE t JOIN u ON t.i = u.i SET t.a = u.b
                -> Write UPDATE, reads u, writes t
            pg UPDATE ONLY t SET a = 1 FROM ONLY (u), ONLY v
                -> Write UPDATE, reads u v, writes t
            pg DELETE FROM ONLY t
                -> Write DELETE, writes t
            my UPDATE LOW_PRIORITY IGNORE t SET a = 1
                -> Write UPDATE, writes t
            my DELETE LOW_PRIORITY QUICK FROM t WHERE a = 1
                -> Write DELETE, writes t
            my INSERT LOW_PRIORITY INTO t VALUES (1) ON DUPLICATE KEY UPDATE quick = 1
                -> Write INSERT, writes t
            my UPDATE t, u, (SELECT a, b FROM v) w SET t.a = w.a, t.b = 1
                -> Write UPDATE, reads u v, writes t
            my UPDATE t AS x, u AS y SET x.a = 1, y.b = 2
                -> Write UPDATE, writes t u
            my UPDATE t JOIN u ON true SET a = 1
                -> Write UPDATE, writes t u
            my UPDATE t JOIN (SELECT * FROM t) s ON true SET t.a = 1
                -> Write UPDATE, reads t, writes t
            my DELETE x FROM t AS x JOIN u ON x.i = u.i
                -> Write DELETE, reads u, writes t
            my DELETE t, u FROM t JOIN u ON true JOIN v ON true
                -> Write DELETE, reads v, writes t u
            my DELETE FROM x USING t AS x JOIN u ON true
                -> Write DELETE, reads u, writes t
            my DELETE d.t FROM d.t JOIN d.u ON true
                -> Write DELETE, reads d.u, writes d.t
            pg MERGE INTO t AS x USING (SELECT * FROM u) s ON x.i = s.i WHEN MATCHED THEN DELETE
                -> Write MERGE, reads u, writes t
            pg CREATE VIEW v AS SELECT * FROM t
                -> Ddl CREATE, reads t, writes v
            pg CREATE TABLE IF NOT EXISTS s.n AS SELECT * FROM t
                -> Ddl CREATE, reads t, writes s.n
            pg TRUNCATE a, b
                -> Ddl TRUNCATE, writes a b
            pg DROP TABLE a, b CASCADE
                -> Ddl DROP, writes a b
            pg WITH d AS (DELETE FROM a RETURNING *), i AS (INSERT INTO b SELECT * FROM d) UPDATE c SET x = 1 FROM d
                -> Write UPDATE, writes a b c
        "#]],
        facts,
    );
}
