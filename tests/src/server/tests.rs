use std::net::TcpStream;
use std::path::PathBuf;

use super::*;

#[test]
fn each_database_has_a_name_of_its_own() {
    for server in [Server::postgres(), Server::mariadb()] {
        let (one, two) = (server.database(), server.database());
        assert_ne!(one, two);
        assert!(
            one.contains(&format!("@{}/test_", server.address())),
            "{one}"
        );
        assert!(TcpStream::connect(server.address()).is_ok());
    }
}

#[test]
fn a_database_is_reached_through_another_address_or_the_socket() {
    let elsewhere = "127.0.0.1:1".parse().expect("an address");
    assert!(
        Server::postgres()
            .database_through(elsewhere)
            .starts_with("postgres://postgres@127.0.0.1:1/test_")
    );
    let url = Server::postgres().database_through_socket();
    let (_, socket) = url.split_once("?host=").expect("a socket directory");
    let port = Server::postgres().address().port();
    assert!(
        PathBuf::from(socket)
            .join(format!(".s.PGSQL.{port}"))
            .exists()
    );

    let url = Server::mariadb().database_through_socket();
    let (_, socket) = url.split_once("?socket=").expect("a socket");
    assert!(PathBuf::from(socket).exists());
}

#[test]
fn the_locked_role_needs_its_password() {
    let server = Server::postgres();
    let try_password = |password: &str| {
        let mut command = server.command("select 1");
        command
            .args(["-U", "locked", "-w"])
            .env("PGPASSWORD", password);
        command.output().expect("run psql")
    };
    assert!(try_password("secret").status.success());
    let refused = try_password("wrong");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("password authentication failed"));
}

#[test]
fn the_mariadb_user_is_no_administrator() {
    let server = Server::mariadb();
    let output = server.command("show grants").output().expect("run mariadb");
    let grants = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        grants.contains("CREATE") && grants.contains("ON *.* TO `wharf`@`%`"),
        "{grants}"
    );
    assert!(
        !grants.contains("ADMIN") && !grants.contains("SUPER") && !grants.contains("ALL"),
        "{grants}"
    );
}

#[test]
fn a_server_that_does_not_start_shows_its_log() {
    #[derive(Debug)]
    struct Broken;
    impl Engine for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }
        fn account_name(&self) -> &'static str {
            "nobody"
        }
        fn launch(&self, directory: &Path, _port: u16) -> Launch {
            let server = ["sh", "-c", "echo no such option >&2; exit 3"]
                .map(Into::into)
                .to_vec();
            Launch {
                programs: directory.to_owned(),
                setup: "true".to_owned(),
                server,
                stop_signal: "KILL",
            }
        }
        fn is_ready(&self, _directory: &Path) -> bool {
            false
        }
        fn command(&self, _directory: &Path, _port: u16, _sql: &str) -> Command {
            unreachable!("it never starts")
        }
        fn shutdown_signal(&self) -> &'static str {
            "TERM"
        }

        fn url(&self, _address: SocketAddr, _database: &str) -> String {
            unreachable!("it never starts")
        }
        fn socket_url(&self, _directory: &Path, _port: u16, _database: &str) -> String {
            unreachable!("it never starts")
        }
    }
    let panic = std::panic::catch_unwind(|| Server::start(Box::new(Broken)))
        .expect_err("it must not start");
    let message = panic.downcast_ref::<String>().expect("a text");
    assert_eq!(
        message,
        "broken ended instead of starting; its log:\nno such option\n"
    );
}

#[test]
fn a_killed_server_comes_back_with_what_it_had() {
    for mut server in [Server::start_postgres(), Server::start_mariadb()] {
        let url = server.database();
        server.kill();
        assert!(TcpStream::connect(server.address()).is_err());
        server.start_again();
        let name = url.rsplit('/').next().expect("a name").to_owned();
        server.execute(&match server.engine.name() {
            "postgres" => format!("alter database {name} set work_mem = '1MB'"),
            _ => format!("create table {name}.t (n int)"),
        });
        let directory = server.directory().to_owned();
        drop(server);
        assert!(!directory.exists());
    }
}

#[test]
fn a_frozen_server_answers_when_it_is_thawed() {
    for server in [Server::start_postgres(), Server::start_mariadb()] {
        server.freeze();
        let mut asking = server.command("select 1").spawn().expect("run the client");
        assert_eq!(asking.try_wait().expect("ask for its state"), None);
        server.thaw();
        assert!(asking.wait().expect("wait for the client").success());
    }
}
