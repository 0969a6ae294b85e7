use super::*;

fn postgres(timeline: u32, lsn: impl Into<Option<u64>>) -> CausalToken {
    CausalToken {
        engine: Dialect::Postgres,
        cluster: Some(0x6B01_2C5D_0000_0004),
        timeline: Some(timeline),
        position: lsn.into().map(Position::Lsn),
    }
}

fn mariadb(set: &str) -> CausalToken {
    CausalToken {
        engine: Dialect::MySql,
        cluster: None,
        timeline: None,
        position: Some(Position::Gtid(GtidSet::parse(set).unwrap())),
    }
}

#[test]
fn a_token_is_a_text_that_stays() {
    for (token, text) in [
        (
            postgres(2, 0x16_B374_D848),
            "w1.postgres.6b012c5d00000004.2.16b374d848.98019dfa",
        ),
        (
            postgres(2, None),
            "w1.postgres.6b012c5d00000004.2.now.f0742f03",
        ),
        (
            mariadb("0-1-100,1-2-5"),
            "w1.mysql.-.-._0-1-100_1-2-5.97b56157",
        ),
        (mariadb(""), "w1.mysql.-.-._.bd0ccaaa"),
    ] {
        assert_eq!(token.to_string(), text);
        assert_eq!(text.parse::<CausalToken>().unwrap(), token);
        let json = serde_json::to_string(&token).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<CausalToken>(&json).unwrap(), token);
    }
}

fn refused(text: &str) -> Error {
    let error = text.parse::<CausalToken>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidToken, "{text}");
    error
}

#[test]
fn what_isnt_a_token_is_refused() {
    for body in [
        "",
        "w1",
        "w2.postgres.-.1.7",
        "w1.oracle.-.1.7",
        "w1.postgres.-.1.7.7",
        "w1.postgres.-.1",
        "w1.postgres.x.1.7",
        "w1.postgres.-.-1.7",
        "w1.postgres.-.+1.7",
        "w1.postgres.-.4294967296.7",
        "w1.postgres.-.1.+7",
        "w1.postgres.-.1.0007",
        "w1.postgres.-.1.AB",
        "w1.postgres.-.1._0-1-1",
        "w1.postgres.-.1.10000000000000000",
        "w1.mysql.-.-.7",
        "w1.mysql.-.-._0-1",
        "w1.mysql.-.-._1-1-1_0-1-1",
        "w1.mysql.-.-._0-1-1_0-1-2",
        "w1.sqlite.-.-.7",
    ] {
        refused(&format!("{body}.{}", checksum(body)));
    }
    refused("w1.postgres.-.1.7");
    assert!(
        refused("w1.postgres.-.1.7.00000000")
            .to_string()
            .contains("checksum")
    );
}

#[test]
fn a_token_has_a_greatest_length() {
    let long = "0".repeat(MOST_BYTES + 1);
    assert!(refused(&long).to_string().contains("too long"));
    let domains: Vec<String> = (0..65).map(|domain| format!("{domain}-1-1")).collect();
    refused(&mariadb(&domains.join(",")).to_string());
}

#[test]
fn every_cut_and_every_changed_byte_is_found() {
    let text = postgres(2, 0x16_B374_D848).to_string();
    for end in 0..text.len() {
        refused(&text[..end]);
    }
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] = if bytes[place] == b'0' { b'1' } else { b'0' };
        refused(std::str::from_utf8(&bytes).unwrap());
    }
}

#[test]
fn a_merge_covers_both() {
    for (one, other, both) in [
        (postgres(1, 7), postgres(1, 9), postgres(1, 9)),
        (postgres(1, 9), postgres(1, None), postgres(1, None)),
        (postgres(1, 9), postgres(2, 5), postgres(2, 5)),
        (postgres(1, None), postgres(2, 5), postgres(2, 5)),
        (postgres(1, 9), postgres(2, None), postgres(2, None)),
        (
            mariadb("0-1-9,1-1-1"),
            mariadb("0-2-10"),
            mariadb("0-2-10,1-1-1"),
        ),
    ] {
        assert_eq!(one.merge(&other).unwrap(), both);
        assert_eq!(other.merge(&one).unwrap(), both);
    }
}

#[test]
fn tokens_of_two_clusters_dont_merge() {
    let here = postgres(1, 7);
    let elsewhere = CausalToken {
        cluster: Some(1),
        ..here.clone()
    };
    for other in [elsewhere, mariadb("0-1-1")] {
        let error = here.merge(&other).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignCluster);
    }
    let unknown = CausalToken {
        cluster: None,
        ..here.clone()
    };
    assert_eq!(unknown.merge(&here).unwrap(), here);
}
