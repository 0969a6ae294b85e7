use expect_test::expect;

use super::{check, facts};

#[test]
fn only_what_is_understood_in_full_is_a_read() {
    check(
        &expect![[r#"
            any SELECT 1
                -> Read SELECT, rows
            any SELECT a, count(*) FROM t WHERE b = :b GROUP BY a HAVING count(*) > 1 ORDER BY a LIMIT 10
                -> Read SELECT, reads t, rows, limit
            any SELECT * FROM t WHERE id IN (SELECT id FROM u) AND EXISTS (SELECT 1 FROM v)
                -> Read SELECT, reads t u v, rows
            any SELECT * FROM t UNION ALL SELECT * FROM u EXCEPT SELECT * FROM v
                -> Read SELECT, reads t u v, rows
            any WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r
                -> Read SELECT, rows
            any SELECT CASE WHEN a THEN 1 ELSE 2 END, CAST(b AS INTEGER), COALESCE(c, 'x'), sum(d) OVER (PARTITION BY e) FROM t
                -> Read SELECT, reads t, rows
            pg VALUES (1, 'a'), (2, 'b')
                -> Read VALUES, rows
            pg (SELECT 1 LIMIT 1)
                -> Read SELECT, rows, limit
            pg SELECT DISTINCT ON (a) a, b::int[] FROM ONLY t FETCH FIRST 3 ROWS ONLY
                -> Read SELECT, reads t, rows, limit
            pg SELECT a->>'b', c @> '{1}', d ? 'e', f ILIKE 'g%' FROM t OFFSET 3
                -> Read SELECT, reads t, rows, limit
            pg SELECT array_agg(x ORDER BY y) FILTER (WHERE z) FROM t CROSS JOIN LATERAL (SELECT 1) s
                -> Read SELECT, reads t, rows
            pg SELECT * FROM t TABLESAMPLE SYSTEM (5)
                -> Read SELECT, reads t, rows
            lite SELECT * FROM t WHERE a MATCH 'x' AND b GLOB 'c*' LIMIT 5, 10
                -> Read SELECT, reads t, rows, limit
            my SELECT SQL_NO_CACHE `a` FROM `t` USE INDEX (i) WHERE MATCH (b) AGAINST (:q IN BOOLEAN MODE) LIMIT :o, :n
                -> Read SELECT, reads t, rows, limit
            my SELECT GROUP_CONCAT(a ORDER BY b SEPARATOR ',') FROM t WHERE c = DATE_SUB(CURDATE(), INTERVAL :d DAY)
                -> Read SELECT, reads t, volatile curdate, rows
            my SHOW TABLES LIKE 'a%'
                -> Read SHOW, rows
            my DESCRIBE t
                -> Read DESCRIBE, reads t, rows
            lite SELECT a IS :b, a IS NOT b, a IS NOT NULL, a IS NULL, a IS NOT DISTINCT FROM b FROM t INDEXED BY i
                -> Read SELECT, reads t, rows
            lite WITH x AS NOT MATERIALIZED (SELECT 1) SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM x NOT INDEXED
                -> Read SELECT, rows
            pg SELECT make_interval(days := :d), make_interval(days => :d), INTERVAL '1 day' * :n, '{1}'::int[] && :a
                -> Read SELECT, rows
            my SELECT a MOD b, mod(a, b), a DIV b, a <=> b FROM t WHERE a SOUNDS LIKE :c
                -> Read SELECT, reads t, rows
            pg SHOW search_path
                -> Read SHOW, rows
            my SHOW VARIABLES WHERE sleep(1)
                -> Unknown SHOW, volatile sleep, rows
            lite EXPLAIN QUERY PLAN SELECT * FROM t
                -> Read EXPLAIN, reads t, rows
            pg EXPLAIN DELETE FROM t
                -> Read EXPLAIN, reads t, rows
            my EXPLAIN UPDATE t SET a = 1
                -> Read EXPLAIN, reads t, rows
        "#]],
        facts,
    );
}

#[test]
fn locks_writes_and_everything_worse_are_told_apart() {
    check(
        &expect![[r#"
            pg SELECT * FROM t FOR UPDATE
                -> ReadLock SELECT, reads t, rows
            pg SELECT * FROM t FOR SHARE OF t SKIP LOCKED
                -> ReadLock SELECT, reads t, rows
            pg SELECT * FROM (SELECT * FROM t FOR NO KEY UPDATE) s
                -> ReadLock SELECT, reads t, rows
            pg SELECT * FROM t FOR KEY SHARE NOWAIT
                -> ReadLock SELECT, reads t, rows
            my SELECT * FROM t LOCK IN SHARE MODE
                -> ReadLock SELECT, reads t, rows
            my SELECT * FROM (SELECT * FROM t FOR UPDATE) s LIMIT 1
                -> ReadLock SELECT, reads t, rows, limit
            any INSERT INTO t (a) VALUES (:a)
                -> Write INSERT, writes t
            any UPDATE t SET a = a + 1 WHERE b = :b
                -> Write UPDATE, writes t
            any DELETE FROM t WHERE a = 1
                -> Write DELETE, writes t
            lite INSERT OR REPLACE INTO t VALUES (1) RETURNING id
                -> Write INSERT, writes t, rows
            any REPLACE INTO t VALUES (1)
                -> Write REPLACE, writes t
            my REPLACE INTO t SET a = 1
                -> Write REPLACE, writes t
            my INSERT IGNORE INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a)
                -> Write INSERT, writes t
            my INSERT INTO t VALUES (1) RETURNING id
                -> Write INSERT, writes t, rows
            my DELETE FROM t ORDER BY a LIMIT 5
                -> Write DELETE, writes t
            pg INSERT INTO t DEFAULT VALUES
                -> Write INSERT, writes t
            pg INSERT INTO t (a) OVERRIDING SYSTEM VALUE VALUES (1)
                -> Write INSERT, writes t
            pg SELECT * FROM t WHERE EXISTS (WITH d AS (DELETE FROM u RETURNING 1) SELECT * FROM d)
                -> Write SELECT, reads t, writes u, rows
            pg INSERT INTO t VALUES (nextval('s')) ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING *
                -> Write INSERT, writes t, volatile nextval, rows
            pg INSERT INTO t VALUES (set_config('a', 'b', false))
                -> Unknown INSERT, writes t, volatile set_config
            pg WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d
                -> Write SELECT, writes t, rows
            pg SELECT * FROM (WITH d AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM d) s
                -> Write SELECT, writes t, rows
            lite WITH x AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM x)
                -> Write DELETE, writes t
            my WITH x AS (SELECT 1 AS b) UPDATE t JOIN x ON true SET t.a = x.b
                -> Write UPDATE, writes t
            pg MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = u.a WHEN NOT MATCHED THEN INSERT (id) VALUES (u.id)
                -> Write MERGE, reads u, writes t
            pg EXPLAIN ANALYZE DELETE FROM t
                -> Write EXPLAIN, writes t, rows
            pg EXPLAIN (ANALYZE, FORMAT JSON) INSERT INTO t SELECT * FROM u
                -> Write EXPLAIN, reads u, writes t, rows
            pg EXPLAIN ANALYZE SELECT * FROM t
                -> Read EXPLAIN, reads t, rows
            pg SELECT * INTO n FROM t
                -> Ddl SELECT, reads t, writes n
            pg CREATE TABLE n AS SELECT * FROM t
                -> Ddl CREATE, reads t, writes n
            pg CREATE TABLE t (a int DEFAULT 1, b text)
                -> Ddl CREATE, writes t
            pg CREATE INDEX CONCURRENTLY i ON t (a)
                -> Ddl CREATE, writes t
            pg ALTER TABLE t ADD COLUMN c int
                -> Ddl ALTER, writes t
            lite ALTER TABLE t RENAME TO u
                -> Ddl ALTER, writes t
            any DROP TABLE IF EXISTS t
                -> Ddl DROP, writes t
            my TRUNCATE TABLE t
                -> Ddl TRUNCATE, writes t
            my RENAME TABLE a TO b
                -> Ddl RENAME, writes a b
            pg GRANT SELECT ON t TO r
                -> Ddl GRANT
            pg COMMENT ON TABLE t IS 'x'
                -> Ddl COMMENT
            lite CREATE VIRTUAL TABLE f USING fts5(a)
                -> Ddl CREATE, writes f
            lite CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM u; UPDATE v SET a = 1; END
                -> Ddl CREATE
            pg REINDEX TABLE t
                -> Ddl REINDEX
            any BEGIN
                -> Session BEGIN
            any COMMIT
                -> Session COMMIT
            any ROLLBACK
                -> Session ROLLBACK
            any SAVEPOINT s
                -> Session SAVEPOINT
            pg SET search_path TO a
                -> Session SET
            pg RESET ALL
                -> Session RESET
            pg LISTEN c
                -> Session LISTEN
            pg DISCARD ALL
                -> Session DISCARD
            pg PREPARE p AS SELECT 1
                -> Session PREPARE
            pg LOCK TABLE t IN EXCLUSIVE MODE
                -> Session LOCK
            my LOCK TABLES t WRITE
                -> Session LOCK
            my USE d
                -> Session USE
            my SET @a = 1
                -> Session SET
            my START TRANSACTION READ ONLY
                -> Session BEGIN
            lite PRAGMA journal_mode = WAL
                -> Session PRAGMA, rows
            lite PRAGMA foreign_key_check(t)
                -> Session PRAGMA, rows
            lite DETACH DATABASE d
                -> Session DETACH
        "#]],
        facts,
    );
}

#[test]
fn what_reaches_beyond_the_statement_is_unknown() {
    check(
        &expect![[r#"
            pg DO $$ BEGIN DELETE FROM t; END $$
                -> Unknown DO
            pg CALL p(1)
                -> Unknown CALL, rows
            pg COPY t TO PROGRAM 'cat'
                -> Unknown COPY
            pg EXECUTE p(1)
                -> Unknown EXECUTE, rows
            pg VACUUM t
                -> Unknown VACUUM
            pg NOTIFY c
                -> Unknown NOTIFY
            pg TABLE t
                -> Unknown TABLE, rows
            my LOAD DATA INFILE 'x' INTO TABLE t
                -> Unknown LOAD
            my HANDLER t OPEN
                -> Unknown HANDLER, rows
            my KILL 5
                -> Unknown KILL
            my FLUSH TABLES
                -> Unknown FLUSH
            my SET STATEMENT max_statement_time = 1 FOR DELETE FROM t
                -> Unknown SET
            my SELECT @a := 1
                -> Unknown SELECT, rows
            my SELECT a INTO @b FROM t
                -> Unknown SELECT, reads t
            my SELECT * FROM t INTO OUTFILE 'x'
                -> error: expected end of statement, found `OUTFILE` at line 1, column 22
            pg SELECT "nextval"('s')
                -> Unknown SELECT, volatile nextval, rows
            pg SELECT 1 UNION SELECT pg_sleep(1)
                -> Unknown SELECT, volatile pg_sleep, rows
            my CREATE PROCEDURE p() BEGIN SELECT 1; DELETE FROM t; END
                -> Unknown CREATE
            my SELECT /*! SQL_NO_CACHE */ 1
                -> Unknown SELECT, rows
            my SELECT 1 /*M!100100 , sleep(9) */
                -> Unknown SELECT, rows
            pg SELECT 1 /*! no comment of mine */
                -> Read SELECT, rows
            any SELECT 1 /*! one of somebody's */
                -> Unknown SELECT, rows
            my SELECT /*+ MAX_EXECUTION_TIME(9) */ 1
                -> Read SELECT, rows
            lite ATTACH DATABASE 'f' AS d
                -> Unknown ATTACH
            lite VACUUM INTO 'f'
                -> Unknown VACUUM
            pg SELECT nextval('s')
                -> Unknown SELECT, volatile nextval, rows
            pg SELECT pg_catalog.NEXTVAL('s')
                -> Unknown SELECT, volatile nextval, rows
            pg SELECT * FROM t WHERE pg_sleep(5) IS NULL
                -> Unknown SELECT, reads t, volatile pg_sleep, rows
            pg SELECT * FROM t ORDER BY pg_advisory_lock(1)
                -> Unknown SELECT, reads t, volatile pg_advisory_lock, rows
            pg SELECT * FROM pg_read_file('/etc/passwd')
                -> Unknown SELECT, volatile pg_read_file, rows
            pg SELECT * FROM t, LATERAL pg_ls_dir('/') d
                -> Unknown SELECT, reads t, volatile pg_ls_dir, rows
            pg SELECT * FROM dblink('host=x', 'DELETE FROM t') AS d(a int)
                -> Unknown SELECT, volatile dblink, rows
            pg SELECT query_to_xml('DELETE FROM t', true, true, '')
                -> Unknown SELECT, volatile query_to_xml, rows
            pg SELECT set_config('a', 'b', false)
                -> Unknown SELECT, volatile set_config, rows
            pg WITH x AS (SELECT lo_import('/etc/passwd')) SELECT * FROM x
                -> Unknown SELECT, volatile lo_import, rows
            pg SELECT count(*) OVER (ORDER BY setval('s', 1)) FROM t
                -> Unknown SELECT, reads t, volatile setval, rows
            pg SELECT 1 LIMIT (SELECT setval('s', 1))
                -> Unknown SELECT, volatile setval, rows, limit
            lite SELECT load_extension('x')
                -> Unknown SELECT, volatile load_extension, rows
            my SELECT sleep(1)
                -> Unknown SELECT, volatile sleep, rows
            my SELECT get_lock('a', 1)
                -> Unknown SELECT, volatile get_lock, rows
            my SELECT load_file('/etc/passwd')
                -> Unknown SELECT, volatile load_file, rows
            my SELECT last_insert_id()
                -> Read SELECT, volatile last_insert_id, rows
            my SELECT last_insert_id(7)
                -> Unknown SELECT, volatile last_insert_id, rows
            pg EXPLAIN EXECUTE p
                -> Unknown EXPLAIN, rows
            pg EXPLAIN ANALYZE SELECT nextval('s')
                -> Unknown EXPLAIN, volatile nextval, rows
            pg SELECT * FROM t |> DROP a
                -> error: expected a valid binary operator after '|>' at line 1, column 19
        "#]],
        facts,
    );
}

#[test]
fn volatile_functions_are_listed_and_leave_a_read_a_read() {
    check(
        &expect![[r#"
            pg SELECT now(), random(), CURRENT_TIMESTAMP, gen_random_uuid(), lower(a) FROM t
                -> Read SELECT, reads t, volatile current_timestamp gen_random_uuid now random, rows
            lite SELECT random(), CURRENT_TIMESTAMP, date('now'), date(a), strftime('%Y', 'now', '-1 day'), datetime() FROM t
                -> Read SELECT, reads t, volatile current_timestamp date datetime random strftime, rows
            my SELECT now(), rand(), uuid(), UNIX_TIMESTAMP() FROM t
                -> Read SELECT, reads t, volatile now rand unix_timestamp uuid, rows
            any SELECT random() FROM t
                -> Read SELECT, reads t, volatile random, rows
            pg SELECT my_own_function(1)
                -> Read SELECT, rows
        "#]],
        facts,
    );
}

#[test]
fn classes_are_ordered_from_harmless_to_worst() {
    use crate::Class::{Ddl, Read, ReadLock, Session, Unknown, Write};
    assert!([Read, ReadLock, Write, Ddl, Session, Unknown].is_sorted());
}
