use std::time::Instant;

use super::*;
use crate::process::send;
use crate::supervisor::process_in;

const SOON: Duration = Duration::from_secs(10);

type Start = fn(ClusterOptions) -> Cluster;

const KINDS: [Start; 2] = [Cluster::postgres, Cluster::mariadb];

/// A cluster with an empty table `test.t` (`n` is its key) that all nodes have.
struct Table {
    cluster: Cluster,
    database: &'static str,
}

impl Table {
    fn start(start: Start, options: ClusterOptions) -> Table {
        let cluster = timed("start", || start(options));
        cluster.create_database("test");
        let table = Table {
            cluster,
            database: "test",
        };
        table.run(0, "create table t (n int primary key)");
        table.caught_up();
        table
    }

    fn run(&self, node: usize, sql: &str) -> String {
        self.cluster.node(node).query_in(self.database, sql)
    }

    fn insert(&self, n: u32) {
        self.run(
            self.cluster.primary(),
            &format!("insert into t values ({n})"),
        );
    }

    fn rows(&self, node: usize) -> String {
        self.run(node, "select n from t order by n")
            .replace('\n', " ")
    }

    fn caught_up(&self) {
        for node in (0..3).filter(|node| *node != self.cluster.primary()) {
            self.cluster.wait_caught_up(node);
        }
    }

    fn assert_everywhere(&self, rows: &str) {
        self.caught_up();
        for node in 0..3 {
            assert_eq!(
                self.rows(node),
                rows,
                "on {}",
                self.cluster.node(node).name()
            );
        }
    }
}

/// Shows how long a step takes, with `--nocapture`.
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = work();
    println!("{what}: {:?}", started.elapsed());
    result
}

#[test]
fn a_write_shows_on_all_nodes() {
    for start in KINDS {
        let table = Table::start(start, ClusterOptions::default());
        table.insert(1);
        table.assert_everywhere("1");
    }
}

#[test]
fn a_killed_primary_comes_back_as_a_replica_without_what_it_alone_had() {
    for start in KINDS {
        let table = Table::start(start, ClusterOptions::default());
        let cluster = &table.cluster;
        table.insert(1);
        table.caught_up();
        cluster.cut_replication(1);
        cluster.cut_replication(2);
        table.insert(2);

        timed("kill", || cluster.node(0).kill());
        assert!(!cluster.node(0).is_running());
        timed("promote", || cluster.promote(1));
        assert_eq!(cluster.primary(), 1);
        table.insert(3);
        timed("follow", || cluster.follow(2, 1));
        timed("rejoin", || cluster.rejoin(0, 1));
        table.insert(4);
        table.assert_everywhere("1 3 4");

        // And back, so that every role has been left and taken again.
        timed("switchover", || cluster.switchover(0));
        table.insert(5);
        table.assert_everywhere("1 3 4 5");
    }
}

#[test]
fn a_killed_primary_that_starts_again_is_the_old_primary() {
    for start in KINDS {
        let table = Table::start(start, ClusterOptions::default());
        let cluster = &table.cluster;
        cluster.node(0).kill();
        cluster.promote(cluster.furthest_replica());
        timed("start again", || cluster.node(0).start_again());
        table.run(0, "insert into t values (1)");
        let other = 3 - cluster.primary();
        cluster.follow(other, cluster.primary());
        timed("rejoin a running one", || {
            cluster.rejoin(0, cluster.primary())
        });
        table.insert(2);
        table.assert_everywhere("2");
    }
}

#[test]
fn a_replica_that_is_ahead_of_its_new_primary_still_follows() {
    for start in KINDS {
        let table = Table::start(start, ClusterOptions::default());
        let cluster = &table.cluster;
        cluster.cut_replication(1);
        table.insert(1);
        cluster.wait_caught_up(2);
        assert_eq!(cluster.furthest_replica(), 2);
        cluster.node(0).kill();
        cluster.promote(1);
        table.insert(2);
        timed("follow from ahead", || cluster.follow(2, 1));
        cluster.rejoin(0, 1);
        table.assert_everywhere("2");
    }
}

#[test]
fn a_replica_that_ends_while_it_is_told_to_follow_is_repaired() {
    let table = Table::start(Cluster::postgres, ClusterOptions::default());
    let cluster = &table.cluster;
    // The other one then has what the new primary lacks, and tries to follow it in vain for a while.
    cluster.cut_replication(1);
    table.insert(1);
    cluster.wait_caught_up(2);
    cluster.node(0).kill();
    cluster.promote(1);
    std::thread::scope(|scope| {
        let followed = scope.spawn(|| cluster.follow(2, 1));
        let node = cluster.node(2);
        let port = format!("port={} ", cluster.node(1).address().port());
        while !node.query("show primary_conninfo").contains(&port) {}
        let server = process_in(node.directory()).expect("it runs");
        // An immediate shutdown, as after a panic.
        send("QUIT", &[server]);
        followed.join().expect("it follows");
    });
    cluster.rejoin(0, 1);
    table.insert(2);
    table.assert_everywhere("2");
}

#[test]
fn what_a_replica_has_received_survives_its_promotion_even_when_it_was_not_shown() {
    for start in KINDS {
        let options = ClusterOptions {
            synchronous: true,
            ..ClusterOptions::default()
        };
        let table = Table::start(start, options);
        let cluster = &table.cluster;
        cluster.pause_replay(1);
        cluster.pause_replay(2);
        // Acknowledged, so that one of them has it.
        table.insert(1);
        assert_eq!(table.rows(1), "");
        cluster.node(0).kill();
        let next = cluster.furthest_replica();
        cluster.promote(next);
        assert_eq!(table.rows(next), "1");
        cluster.follow(3 - next, next);
        cluster.rejoin(0, next);
        table.assert_everywhere("1");
    }
}

#[test]
fn a_synchronous_commit_waits_for_a_replica() {
    for start in KINDS {
        let options = ClusterOptions {
            synchronous: true,
            ..ClusterOptions::default()
        };
        let table = Table::start(start, options);
        let cluster = &table.cluster;
        cluster.node(1).freeze();
        table.insert(1);
        cluster.node(2).freeze();
        std::thread::scope(|scope| {
            let inserted = scope.spawn(|| table.insert(2));
            let waits = match cluster.replication.engine().name() {
                "postgres" => {
                    "select count(*) > 0 from pg_stat_activity where wait_event = 'SyncRep'"
                }
                _ => {
                    "select count(*) > 0 from information_schema.processlist \
                     where state like 'Waiting for semi-sync ACK%'"
                }
            };
            cluster
                .node(0)
                .wait_for(waits, SOON)
                .expect("the commit waits");
            assert!(!inserted.is_finished());
            cluster.node(1).thaw();
            inserted.join().expect("the commit is acknowledged");
        });
        cluster.node(2).thaw();
        table.assert_everywhere("1 2");
    }
}

#[test]
fn a_paused_replica_shows_the_past_until_it_is_resumed() {
    for start in KINDS {
        let table = Table::start(start, ClusterOptions::default());
        table.cluster.pause_replay(1);
        table.insert(1);
        table.cluster.wait_caught_up(2);
        assert_eq!(
            (table.rows(1), table.rows(2)),
            (String::new(), "1".to_owned())
        );
        table.cluster.resume_replay(1);
        table.assert_everywhere("1");
    }
}

#[test]
fn a_delayed_replica_shows_the_past_and_then_the_present() {
    for start in KINDS {
        let table = Table::start(start, ClusterOptions::default());
        table.cluster.delay_apply(1, Duration::from_secs(2));
        table.insert(1);
        table.cluster.wait_caught_up(2);
        assert_eq!(table.rows(1), "");
        table.cluster.wait_caught_up(1);
        table.cluster.delay_apply(1, Duration::ZERO);
        table.insert(2);
        table.assert_everywhere("1 2");
    }
}

#[test]
fn a_postmaster_killed_alone_leaves_its_children_until_it_starts_again() {
    let table = Table::start(Cluster::postgres, ClusterOptions::default());
    let node = table.cluster.node(0);
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            let endless = "do $$ begin loop end loop; end $$";
            node.try_query(endless).expect_err("it is killed")
        });
        let runs = "select count(*) > 0 from pg_stat_activity where query like '%begin loop%' and state = 'active' \
                    and pid <> pg_backend_pid()";
        node.wait_for(runs, SOON).expect("the statement runs");
        node.kill_postmaster_only();
        assert!(!node.is_running() && !busy.is_finished());
        node.start_again();
        busy.join().expect("the client has ended");
    });
    table.insert(1);
    table.assert_everywhere("1");
}

#[tokio::test]
async fn each_node_is_behind_a_proxy_of_its_own() {
    let cluster = Cluster::postgres(ClusterOptions::default())
        .with_proxies()
        .await;
    for node in cluster.nodes() {
        let address = node.proxy().address();
        assert_ne!(address, node.address());
        assert_eq!(
            node.proxied_url("test"),
            format!("postgres://postgres@{address}/test")
        );
    }
}
